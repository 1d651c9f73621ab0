import { expect, it } from 'vitest';
import { noUpdates } from './concurrent-updates.ts';
import { UpdatesInFlight } from './updates-in-flight.ts';

it('hears that rules have changed from what withdraws beside a plan, so that the plan is given up', async () => {
  const calls = {
    reach: 1,
    begun: 1,
    grants: false,
    moved: [],
    stopGrants: () => undefined,
    end: () => Promise.resolve({}),
  };
  const withdrawals = { ...noUpdates, rulesChanged: true };
  const updates = new UpdatesInFlight(calls as never, 1, () => withdrawals as never);
  expect(updates.rulesChanged).toBe(false);
  await updates.overtake({ inFlight: [], isThere: () => true });
  expect(updates.rulesChanged).toBe(true);
});
