import { expect, it } from 'vitest';
import { Tracker } from './tracker.ts';

const kind = { apiVersion: 'v1', kind: 'Thing', plural: 'things' };

function tracker(transform: () => { readonly object: unknown }): Tracker<unknown> {
  return new Tracker({ ...kind, transform }, { deliver: () => undefined, report: (message) => expect.fail(message) });
}

function thing(name: string): Parameters<Tracker<unknown>['upsert']>[0] {
  return { ...kind, metadata: { name, uid: name, resourceVersion: '1' } };
}

it('lets others have their turn after an object that takes long, however few there were', async () => {
  const slow = tracker(() => {
    for (const until = performance.now() + 6; performance.now() < until;);
    return { object: {} };
  });
  for (const name of ['a', 'b', 'c']) {
    const turn = slow.upsert(thing(name), 'relist');
    expect(turn).toBeInstanceOf(Promise);
    await turn;
  }
});
