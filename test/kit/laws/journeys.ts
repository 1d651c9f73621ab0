import fc from 'fast-check';
import { expect } from 'vitest';
import type { Fault } from '../../../kit/simulator/simulator.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { Law } from '../law.ts';
import { explain, type Rig } from '../rig.ts';
import { desiredStates, nothing } from '../universe.ts';

/** So many for each variant of an adapter: `POSTERN_JOURNEYS=1000` tries more, `POSTERN_SEED` other ones. */
const { POSTERN_JOURNEYS = '12', POSTERN_SEED = '20261129' } = process.env;
const runs = { numRuns: Number(POSTERN_JOURNEYS), seed: Number(POSTERN_SEED) };
/** Flows are looked at after every request, so that every few must do. */
const everyFew = 4;

interface Step {
  readonly to: DesiredState;
  readonly trouble: Fault | undefined;
  /** The process dies afterwards. */
  readonly crash: boolean;
  /** The same is asked for once more, as by a doubled message. */
  readonly twice: boolean;
}

const troubles: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom<Fault['kind']>(
    'error-before',
    'error-after',
    'reset-before',
    'reset-after',
    'throttle',
    'html',
    'stale-read',
    'success-without-effect',
  ),
  after: fc.nat(15),
  times: fc.integer({ min: 1, max: 4 }),
});
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    to: desiredStates,
    trouble: fc.option(troubles, { nil: undefined }),
    crash: fc.boolean(),
    twice: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

export const journeys: readonly Law[] = [
  {
    name: 'ends in the same state, and is never wider, whatever happens on the way',
    why: 'Faults, crashes, doubled and dropped messages come together; only what is wanted at the end may show.',
    run: async (rig: Rig): Promise<void> => {
      const few = rig.flows.filter((_, index) => index % everyFew === 0);
      await fc.assert(
        fc.asyncProperty(steps, async (journey) => {
          rig.renew();
          /** What the device may hold anything of. */
          let within: readonly DesiredState[] = [nothing];
          for (const { to, trouble, crash, twice } of journey) {
            within = [...within, to];
            await rig.watching(rig.wider(within, few), async () => {
              if (trouble !== undefined) rig.simulator.fault(trouble);
              const { state } = await rig.sync(to);
              if (twice) await rig.sync(to);
              rig.simulator.clearFaults();
              if (crash) rig.crash();
              // A stale read may still show what was there before.
              if (state === 'programmed') within = within.slice(-2);
            });
          }
          const last = journey.at(-1)?.to ?? nothing;
          await rig.watching(rig.wider(within, few), async () => {
            const result = await rig.recover(last);
            expect(result.state, explain(result)).toBe('programmed');
            rig.expectAsDesired(last, result);
          });
          const end = rig.dump();
          rig.renew();
          await rig.settle(last);
          expect(end).toEqual(rig.dump());
        }),
        runs,
      );
    },
  },
];
