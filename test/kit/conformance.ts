import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Adapter } from '../../src/adapter/adapter.ts';
import type { Harness } from './harness.ts';
import { drift } from './laws/drifting.ts';
import { faults } from './laws/faults.ts';
import { honesty } from './laws/honesty.ts';
import { hostility } from './laws/hostility.ts';
import { mishaps } from './laws/mishaps.ts';
import { inFlight } from './laws/in-flight.ts';
import { journeys } from './laws/journeys.ts';
import { ownership } from './laws/ownership.ts';
import { paths } from './laws/paths.ts';
import { safety } from './laws/safety.ts';
import { settling } from './laws/settling.ts';
import { windows } from './laws/windows.ts';
import type { Law } from './law.ts';
import { Rig } from './rig.ts';

/** What every adapter keeps, in the order in which it is best read. */
const laws: readonly Law[] = [
  ...settling, //  does what is wanted, once
  ...safety, //    and opens nothing on the way
  ...windows, //   nor before its time
  ...ownership, // nor touches what is not ours
  ...faults, //    whatever goes wrong
  ...inFlight, //  also to several calls at once
  ...drift, //     changes by other clients
  ...mishaps, //   also to the device itself
  ...paths, //     whatever the way
  ...journeys, //  and whatever happens on it
  ...honesty, //   and says how it is
  ...hostility, // whatever it is told
];

interface Conformance {
  /** Names the variant, `fortigate 7.4`. */
  readonly name: string;
  readonly adapter: Adapter;
  /** Starts a simulator; called once per version. */
  readonly start: (version: string | undefined) => Promise<Harness>;
  /** Versions to go through; absent: the simulator's own choice. */
  readonly versions?: readonly string[];
  /** Milliseconds that one law may take, where a device takes many requests; absent: as every test. */
  readonly timeoutMs?: number;
  /** Laws, by name, that cannot hold for this device, each with the reason; they are shown, not hidden. */
  readonly skip?: readonly { readonly law: string; readonly reason: string }[];
}

/**
 * Puts an adapter to the test: the real main flow (lower, observe, diff, guard, batch, send, read back) against a
 * simulator, judged by the simulator's own tables after every single request.
 */
export function describeAdapter({ name, adapter, start, versions, timeoutMs, skip = [] }: Conformance): void {
  const unknown = skip.filter(({ law }) => laws.every((known) => known.name !== law));
  if (unknown.length > 0) throw new Error(`no such laws: ${unknown.map(({ law }) => law).join('; ')}`);
  for (const version of versions ?? [undefined]) {
    describe(`${[name, version].filter(Boolean).join(' ')} keeps the laws`, () => {
      let rig: Rig;
      beforeAll(async () => {
        rig = new Rig(adapter, await start(version));
      });
      afterAll(() => rig.simulator.close());
      for (const law of laws) {
        const skipped = skip.find((entry) => entry.law === law.name);
        if (skipped !== undefined) it.skip(`${law.name} (not here: ${skipped.reason})`);
        else {
          const options = timeoutMs === undefined ? {} : { timeout: timeoutMs };
          it(law.name, options, async () => {
            rig.renew();
            await law.run(rig);
          });
        }
      }
    });
  }
}
