import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/core/model/plan.ts';
import { batch } from './batch.ts';
import { fortigateConfigSchema } from './config.ts';
import { lowerDelta } from './lower/delta.ts';
import type { Context } from './lower/context.ts';
import { unprobed } from './unprobed.ts';

function context(transactions: boolean, config: Readonly<Record<string, unknown>> = {}): Context {
  const parsed = fortigateConfigSchema.parse({ url: 'https://192.0.2.1', ...config });
  return {
    owner: { cluster: 'east' },
    config: parsed,
    capabilities: { ...unprobed, emptyGroup: 'nothing', transactions },
  };
}

const feeds = { carrier: 'pushFeed' } as const;
const [accept, deny] = [
  { id: '00000000000a', role: 'Accept' },
  { id: '00000000000d', role: 'Deny' },
] as const;

const shapes = (changes: readonly Change[], where: Context): readonly string[] =>
  batch(changes, where).map(
    ({ changes: own, atomic, nativeCalls }) =>
      `${own.map(({ op, phase }) => `${phase} ${op}`).join(', ')} in ${nativeCalls}${atomic ? ' atomic' : ''}`,
  );

describe('what shares a native call', () => {
  it('is every change of feeds that may stand beside the others', () => {
    const where = context(true, feeds);
    const changes = lowerDelta({ ...accept, added: ['10.0.0.1'], removed: ['10.0.0.2', '2001:db8::2'] }, where);
    expect(shapes(changes, where)).toEqual(['revoke members, extend members in 1']);
  });

  it('is nothing that lets somebody in beside somebody who is yet to be shut out', () => {
    const where = context(true, feeds);
    const changes = [
      ...lowerDelta({ ...deny, added: ['10.0.0.1'], removed: [] }, where),
      ...lowerDelta({ ...accept, added: ['10.0.0.1'], removed: [] }, where),
    ];
    expect(shapes(changes, where)).toEqual(['grow members in 1', 'extend members in 1']);
  });

  it('is a whole transaction of table changes, and another one of addresses that go', () => {
    const where = context(true);
    const changes = lowerDelta(
      { ...accept, added: ['10.0.0.1', '2001:db8::1'], removed: ['10.0.0.2', '10.0.0.3'] },
      where,
    );
    expect(shapes(changes, where)).toEqual([
      'grow create, grow create, revoke members, extend members, extend members in 8 atomic',
      'shrink delete, shrink delete in 4 atomic',
    ]);
  });

  it('is nothing where there are no transactions', () => {
    const where = context(false, { revokeSessions: true });
    const changes = lowerDelta({ ...accept, added: [], removed: ['10.0.0.2', '2001:db8::2'] }, where);
    expect(shapes(changes, where)).toEqual([
      'revoke members in 2',
      'revoke members in 2',
      'shrink delete in 1',
      'shrink delete in 1',
    ]);
  });

  it('keeps transactions short enough to be committed in time, and every change in its place', () => {
    const where = context(true);
    const added = Array.from({ length: 1_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const changes = lowerDelta({ ...accept, added, removed: [] }, where).slice(0, 1_000);
    const batches = batch(changes, where);
    // Made ahead of what uses them: a withdrawal may overtake after each.
    expect(new Set(batches.map((one) => one.changes.length))).toEqual(new Set([1]));
    expect(batches.flatMap((one) => one.changes)).toEqual(changes);
  });
});
