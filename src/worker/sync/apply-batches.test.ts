import { expect, it } from 'vitest';
import type { Batch, Session } from '../../adapter/adapter.ts';
import type { Change } from '../../core/model/plan.ts';
import { createMemoryAdapter } from '../../../adapters/memory/adapter.ts';
import { applyBatches } from './apply-batches.ts';

const creates = (name: string): Change => ({
  key: { kind: 'group', name },
  op: 'create',
  phase: 'grow',
  after: { kind: 'group', name, spec: {}, refs: [], effect: 'Accept' },
});

it('is given up for another plan, but not while the device is at work on what it has sent', async () => {
  const { capabilities } = createMemoryAdapter();
  const one = (change: Change): Batch => ({ changes: [change], atomic: false, nativeCalls: 1 });
  const applied = async (pends: boolean) => {
    const sent: string[] = [];
    const send: Session['send'] = ({ changes }) => {
      sent.push(...changes.map(({ key }) => key.name));
      return Promise.resolve(
        changes.map(({ key }) =>
          pends ? { key, result: 'pending', handle: `of ${key.name}`, pollAfterMs: 1_000 } : { key, result: 'done' },
        ),
      );
    };
    const result = await applyBatches([creates('a'), creates('b')], {
      adapter: { ...createMemoryAdapter(), batch: (changes: readonly Change[]) => changes.map(one) },
      session: { send } as Session,
      context: {
        config: { transactions: false, pollsPerWrite: 0 },
        owner: { cluster: 'blue', point: 'edge' },
        capabilities,
      },
      signal: new AbortController().signal,
      isOutdated: () => sent.length > 0,
    });
    return { sent, isOutdated: result.isOutdated === true, pending: result.pending.map(({ handle }) => handle) };
  };
  expect(await applied(false)).toEqual({ sent: ['a'], isOutdated: true, pending: [] });
  // Who gave it up would lose sight of what the device is at work on.
  expect(await applied(true)).toMatchObject({
    isOutdated: false,
    pending: expect.arrayContaining(['of a']) as unknown,
  });
});
