import { expect, it } from 'vitest';
import { aDesiredState, aGroup, aPoint, aRule } from '../../../test/kit/builders.ts';
import { expiresAfterMs, hasExpired, withoutGrants } from './controller-loss.ts';

const specWith = (spec: Parameters<typeof aPoint>[0]) => aPoint(spec).spec;

it('expires nothing unless the point says so and writes', () => {
  for (const spec of [{}, { onControllerLoss: 'Keep' }, { onControllerLoss: 'Expire', mode: 'Observe' }] as const)
    expect([expiresAfterMs(specWith(spec)), hasExpired(specWith(spec), 1e12)]).toEqual([undefined, false]);
});

it('expires after what the point says, or an hour', () => {
  const hour = specWith({ onControllerLoss: 'Expire' });
  expect([hasExpired(hour, 3_599_999), hasExpired(hour, 3_600_000)]).toEqual([false, true]);
  const soon = specWith({ onControllerLoss: 'Expire', expireAfterSeconds: 300 });
  expect([hasExpired(soon, 299_999), hasExpired(soon, 300_000)]).toEqual([false, true]);
});

it('permits nobody anything, and denies what was denied', () => {
  const [accepting, denying] = [
    aGroup({ id: 'a', members: ['10.0.0.1'] }),
    aGroup({ id: 'd', role: 'Deny', members: ['10.0.0.2'] }),
  ];
  const desired = aDesiredState({ groups: [accepting, denying], rules: [aRule({ sources: ['a'] })] });
  expect(withoutGrants(desired)).toEqual({ ...desired, groups: [{ ...accepting, members: [] }, denying] });
});
