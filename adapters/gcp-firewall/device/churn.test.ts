import { afterEach, expect, it } from 'vitest';
import type { DesiredState, GroupDelta } from '../../../src/core/model/desired.ts';
import { aRule } from '../../../test/kit/builders.ts';
import { stateOf } from '../../../test/kit/universe.ts';
import { VirtualTime } from '../../../test/kit/virtual-time.ts';
import { virtualWorker } from '../../../test/kit/virtual-worker.ts';
import { gcpFirewall } from '../adapter.ts';
import { startGcpFirewall, type GcpSimulator } from '../simulator/simulator.ts';
import { texts } from '../../../kit/simulator/json-values.ts';
import { matchOf } from '../simulator/state.ts';
import { harness, isOurs, policyIn } from '../testing/harness.ts';

/* Five minutes in which pods come and go without end, at a policy that takes half a minute for a change. */

const operationMs = 30_000;
const groups = Array.from({ length: 10 }, (_, at) => `a0000000000${at}`);

let simulator: GcpSimulator | undefined;
afterEach(() => simulator?.close());

it('never has two changes at work, and takes two of them until any is in force', { timeout: 300_000 }, async () => {
  const time = new VirtualTime(Date.UTC(2026, 10, 29));
  const now = (): number => time.clock.now();
  const gcp = await startGcpFirewall({ port: 0, operationMs, now, clock: now });
  simulator = gcp;
  const worker = virtualWorker(time, gcpFirewall, harness(gcp, { addressFamilies: ['IPv4'] }));
  const members = new Map(groups.map((id, at) => [id, Array.from({ length: 200 }, (_, pod) => `10.${at}.0.${pod}`)]));
  const desired = (): DesiredState =>
    stateOf(
      groups.map((id, at) => aRule({ id: `10000000000${at}`, sources: [id] })),
      members,
    );
  await worker.publish(desired);
  await time.runUntil(now() + 120_000);

  let mostAtOnce = 0;
  gcp.onRequest(() => {
    const atWork = [...gcp.state.operations.values()].filter(({ hasEnded }) => !hasEnded);
    mostAtOnce = Math.max(mostAtOnce, atWork.length);
  });
  const changed = new Map<string, { readonly since: number; readonly wanted: boolean }>();
  let longestMs = 0;
  const look = (): void => {
    const ours = [...policyIn(gcp.state).rules.values()].filter(isOurs);
    const enforced = new Set(ours.flatMap((rule) => texts(matchOf(rule)['srcIpRanges'])));
    for (const [address, { since, wanted }] of changed) {
      if (enforced.has(`${address}/32`) !== wanted) continue;
      longestMs = Math.max(longestMs, now() - since);
      changed.delete(address);
    }
  };
  const passes = async (): Promise<void> => {
    await time.runUntil(now() + 1_000);
    look();
  };
  for (let second = 0; second < 300; second += 1) {
    const id = groups[second % groups.length] ?? '';
    const had = members.get(id) ?? [];
    const removed = had.slice(0, 10);
    const added = removed.map((_, at) => `10.100.${second >> 2}.${(second & 3) * 10 + at}`);
    members.set(id, [...had.slice(10), ...added]);
    for (const address of removed) changed.set(address, { since: now(), wanted: false });
    for (const address of added) changed.set(address, { since: now(), wanted: true });
    const deltas: readonly GroupDelta[] = [{ id, role: 'Accept', added, removed }];
    await worker.publish(desired, deltas);
    await passes();
  }
  for (let second = 0; second < 120; second += 1) await passes();
  expect(mostAtOnce).toBe(1);
  expect(changed.size).toBe(0);
  // Two changes, and what it takes until their end is asked after.
  expect(longestMs).toBeLessThanOrEqual(2 * operationMs + 15_000);
});
