import { afterEach, expect, it } from 'vitest';
import type { DesiredState, GroupDelta } from '../../../src/core/model/desired.ts';
import { aRule } from '../../../test/kit/builders.ts';
import { stateOf } from '../../../test/kit/universe.ts';
import { VirtualTime } from '../../../test/kit/virtual-time.ts';
import { virtualWorker } from '../../../test/kit/virtual-worker.ts';
import { azureFirewall } from '../adapter.ts';
import { startAzureFirewall, type AzureSimulator } from '../simulator/simulator.ts';
import { texts } from '../../../kit/simulator/json-values.ts';
import { ids, propertiesOf, type State } from '../simulator/state.ts';
import { harness } from '../testing/harness.ts';

/* An hour in which pods come and go without end, at a firewall that takes four minutes for an update. */

const minute = 60_000;
const operationMs = 4 * minute;
const groups = Array.from({ length: 10 }, (_, at) => `a0000000000${at}`);
const podsPerGroup = 600;

let simulator: AzureSimulator | undefined;
afterEach(() => simulator?.close());

it(
  'never has two updates at work, and takes two updates until any change is in force',
  { timeout: 300_000 },
  async () => {
    const time = new VirtualTime(Date.UTC(2026, 10, 29));
    const azure = await startAzureFirewall({ port: 0, operationMs, now: () => time.clock.now() });
    simulator = azure;
    const worker = virtualWorker(time, azureFirewall, harness(azure));
    const pods = new Pods();
    await worker.publish(() => pods.desired());
    await time.runUntil(time.clock.now() + 12 * minute);

    const watch = new Watch(azure, time);
    const begun = { cpu: process.cpuUsage(), requests: azure.requests().length, at: time.clock.now() };
    for (let second = 0; second < 3_600; second += 1) {
      const deltas = pods.turn(second);
      watch.changed(deltas);
      await worker.publish(() => pods.desired(), deltas);
      await time.runUntil(time.clock.now() + 1_000);
    }
    const cpu = process.cpuUsage(begun.cpu);
    await time.runUntil(time.clock.now() + 12 * minute);
    watch.look();

    const share = (cpu.user + cpu.system) / 1_000_000 / 3_600;
    expect(watch.mostAtOnce).toBe(1);
    expect(watch.waiting).toBe(0);
    // Two updates, and what it takes until their end is asked after.
    expect(watch.longestMs).toBeLessThanOrEqual(2 * operationMs + minute);
    expect(share).toBeLessThan(0.01);
    const left = [...azure.state.resources.values()].filter(({ type }) => type === 'ipGroups');
    expect(left).toHaveLength(groups.length);
  },
);

/** Every second ten pods end, in groups one after the other, and ten start. */
class Pods {
  readonly #members = new Map(
    groups.map((id, at) => [id, Array.from({ length: podsPerGroup }, (_, pod) => `10.${at}.${pod >> 8}.${pod & 255}`)]),
  );
  #serial = 0;

  turn(second: number): readonly GroupDelta[] {
    const id = groups[second % groups.length] ?? '';
    const members = this.#members.get(id) ?? [];
    const removed = members.slice(0, 10);
    const added = removed.map(() => this.#next());
    this.#members.set(id, [...members.slice(10), ...added]);
    return [{ id, role: 'Accept', added, removed }];
  }

  #next(): string {
    this.#serial += 1;
    return `10.${100 + (this.#serial >> 16)}.${(this.#serial >> 8) & 255}.${this.#serial & 255}`;
  }

  desired(): DesiredState {
    const rules = groups.map((id, at) => aRule({ id: `10000000000${at}`, sources: [id] }));
    return stateOf(rules, this.#members);
  }
}

/** What the firewall enforces, and since when it should. */
class Watch {
  readonly #azure: AzureSimulator;
  readonly #time: VirtualTime;
  /** Addresses whose change is not in force yet: since when, and whether they are to be there. */
  readonly #open = new Map<string, { readonly since: number; readonly wanted: boolean }>();
  mostAtOnce = 0;
  longestMs = 0;
  updates = 0;
  #seen: unknown;

  constructor(azure: AzureSimulator, time: VirtualTime) {
    this.#azure = azure;
    this.#time = time;
    azure.onRequest(() => this.look());
  }

  get waiting(): number {
    return this.#open.size;
  }

  changed(deltas: readonly GroupDelta[]): void {
    const since = this.#time.clock.now();
    for (const { added, removed } of deltas) {
      for (const address of added) this.#open.set(address, { since, wanted: true });
      for (const address of removed) this.#open.set(address, { since, wanted: false });
    }
  }

  look(): void {
    const { state } = this.#azure;
    const atWork = [...state.operations.values()].filter(({ hasEnded, occupies }) => !hasEnded && occupies.length > 0);
    this.mostAtOnce = Math.max(this.mostAtOnce, atWork.length);
    const rules = [...state.inForce].find(([id]) => id.includes('/rulecollectiongroups/'))?.[1];
    if (rules === this.#seen) return;
    this.#seen = rules;
    this.updates += 1;
    const enforced = new Set(enforcedIn(state));
    for (const [address, { since, wanted }] of this.#open) {
      if (enforced.has(address) !== wanted) continue;
      this.longestMs = Math.max(this.longestMs, this.#time.clock.now() - since);
      this.#open.delete(address);
    }
  }
}

function enforcedIn({ inForce, resources }: State): readonly string[] {
  const [rules] = [...resources.values()].filter(({ type }) => type === 'ruleCollectionGroups');
  const body = inForce.get(rules?.id.toLowerCase() ?? '');
  const named = JSON.stringify(body ?? {});
  return [...inForce].flatMap(([id, group]) =>
    id.startsWith(ids.ipGroup('').toLowerCase()) && named.toLowerCase().includes(`"${id}"`)
      ? texts(propertiesOf({ body: group })['ipAddresses'])
      : [],
  );
}
