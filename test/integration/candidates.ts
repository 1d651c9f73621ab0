import fc from 'fast-check';

const alphabets = {
  networks: '0123456789abfF.:/%x+- ',
  domainNames: 'abz019-_.*:/AZü ',
};
const models = {
  networks: ['192.0.2.0/24', '10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32', '::/0', '64:ff9b::192.0.2.0/120', '::1/128'],
  domainNames: ['example.com', '*.example.com', 'a-b.c_d.example', 'xn--bcher-kva.example', '1.2.3.4a', '*.internal'],
};

/** Distinct texts near the edge between right and wrong: models with one or two characters inserted, replaced or left out. */
export function candidates(field: keyof typeof models): readonly string[] {
  const character = fc.constantFrom(...Array.from(alphabets[field]));
  const edit = fc.record({
    at: fc.nat(),
    drop: fc.nat({ max: 1 }),
    insert: fc.string({ unit: character, maxLength: 2 }),
  });
  const text = fc
    .tuple(fc.constantFrom(...models[field]), fc.array(edit, { maxLength: 2 }))
    .map(([model, edits]) => edits.reduce(applyEdit, model));
  return [...new Set(fc.sample(text, { numRuns: 600, seed: 20270131 }))];
}

function applyEdit(
  text: string,
  { at, drop, insert }: { readonly at: number; readonly drop: number; readonly insert: string },
): string {
  const index = at % (text.length + 1);
  return text.slice(0, index) + insert + text.slice(index + drop);
}
