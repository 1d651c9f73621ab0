import fc from 'fast-check';
import { aBegun, aClosed, aRead } from '../../../../test/kit/audit-records.ts';
import { FileAuditStore } from '../../../audit/files/file-audit-store.ts';
import type { AuditRule, BegunEntry, ClosedEntry } from '../../../core/audit/record.ts';

/** The clock of the record: a second for each step. */
export const began = Date.UTC(2026, 0, 1);

/** What happens to a record: a write and how it ended, a reading, a restart, a clock that is set, or a chain that starts again. */
export type Step =
  | { readonly write: BegunEntry; readonly results: readonly Partial<ClosedEntry>[] }
  | { readonly read: Parameters<typeof aRead>[0] }
  | { readonly clock: number }
  | 'restart'
  | 'new chain';

/** Writes them into segments of a few records each. */
export async function recorded(directory: string, steps: readonly Step[]): Promise<void> {
  let [now, chain] = [began, 'edge'];
  const open = () => new FileAuditStore({ directory, clock: { now: () => now }, segmentBytes: 1_500 });
  let store = open();
  for (const step of steps) {
    now += 1_000;
    if (step === 'new chain') chain = 'edge~2';
    else if (step === 'restart') {
      await store.close();
      store = open();
    } else if ('clock' in step) now += step.clock;
    else if ('read' in step) await store.append(chain, [aRead(step.read)], 'soon');
    else {
      const [begun] = await store.append(chain, [step.write], 'soon');
      for (const result of step.results) await store.append(chain, [aClosed(begun?.seq ?? 0, result)], 'soon');
    }
  }
  await store.close();
}

export const rule: AuditRule = {
  action: 'Accept',
  sources: ['g1'],
  destination: { any: false, names: ['api.example.com'], networks: [] },
  ports: 'TCP 443',
};
const members = ['10.0.0.1', '10.0.0.2', '10.0.0.0/24', '2001:db8::1'];
const aWrite = fc
  .record({
    op: fc.constantFrom<BegunEntry['op']>('create', 'members', 'members', 'members', 'update', 'move', 'delete'),
    name: fc.constantFrom('g1', 'g2', 'g3'),
    title: fc.constantFrom(undefined, 'pods a', 'pods ü'),
    add: fc.subarray(members),
    remove: fc.subarray(members),
    isRule: fc.boolean(),
    isCut: fc.constantFrom(false, false, false, true),
    after: fc.constantFrom(null, 'g1', 'g2', 'unknown'),
  })
  .map(({ op, name, title, add, remove, isRule, isCut, after }) =>
    aBegun({
      ...(isRule && op !== 'members'
        ? { op, kind: 'rule', id: `r-${name}`, rule, placeAfter: after }
        : { op, kind: 'group', id: name }),
      ...{ name, add, remove },
      ...(title !== undefined && { title }),
      ...(isCut && { omitted: { add: { count: 9, sha256: 'a'.repeat(64) } } }),
    }),
  );
export const done = { result: 'done' } as const;
const results = fc.constantFrom<readonly Partial<ClosedEntry>[]>(
  ...[[done], [done], [done], [done], [], [{ result: 'error', errorClass: 'invalid', message: 'no' } as const]],
  ...[[{ result: 'pending' } as const], [{ result: 'pending' } as const, done]],
  [{ result: 'error', message: 'gone', unknown: true } as const, { result: 'found-done' } as const],
);
const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ write: aWrite, results }) },
  {
    weight: 3,
    arbitrary: fc
      .record({
        upTo: fc.nat(60),
        complete: fc.constantFrom(true, true, false),
        differing: fc.subarray(['group g1', 'rule g2']),
        differences: fc.constantFrom(0, 2, 5),
      })
      .map((read) => ({ read })),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>('restart', 'new chain', { clock: 60_000 }, { clock: -60_000 }) },
);
export const someSteps = fc.array(aStep, { minLength: 1, maxLength: 60 });
