import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withMembers } from './changes.ts';
import { countOf } from './document.ts';

it('are the members that stay and those that come, each once and in order', () => {
  const names = fc.array(fc.constantFrom('10.0.0.1', '10.0.0.10', '10.0.0.2', '10.0.1.0/24', '2001:db8::1', '9.9.9.9'));
  fc.assert(
    fc.property(names, names, names, (before, add, remove) => {
      const sorted = [...new Set(before)].sort();
      const wanted = [...new Set([...sorted, ...add])].filter((name) => !remove.includes(name)).sort();
      const after = withMembers(sorted, add, remove);
      expect(after).toEqual(wanted);
      expect(countOf({ entries: after.join(' ') })).toBe(wanted.length);
    }),
  );
});
