import { expect } from 'vitest';
import { AdapterError, type ErrorClass } from '../../../src/adapter/errors.ts';
import type { Fault } from '../../../kit/simulator/simulator.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import { aRule } from '../builders.ts';
import type { Law } from '../law.ts';
import { explain, type Rig } from '../rig.ts';
import { nothing, permitted, stateOf } from '../universe.ts';
import { groupOf } from './ownership.ts';
import { monday, oneGroup, oneGroupEach, sealed, tuesday } from './states.ts';

const everything = { times: 1_000_000 } as const;

const classes: readonly { readonly fault: Fault; readonly expected: readonly ErrorClass[] }[] = [
  { fault: { kind: 'error-before', status: 401, ...everything }, expected: ['auth'] },
  { fault: { kind: 'error-before', status: 403, ...everything }, expected: ['forbidden', 'auth'] },
  { fault: { kind: 'throttle', ...everything }, expected: ['throttled'] },
  { fault: { kind: 'error-before', status: 503, ...everything }, expected: ['transient', 'busy'] },
  { fault: { kind: 'error-before', status: 500, ...everything }, expected: ['transient'] },
  { fault: { kind: 'reset-before', ...everything }, expected: ['transient'] },
  { fault: { kind: 'html', ...everything }, expected: ['transient', 'busy'] },
];

export const honesty: readonly Law[] = [
  {
    name: 'one refused object does not stop the others',
    why: 'One bad policy out of many must not keep all teams from their changes.',
    run: async (rig: Rig): Promise<void> => {
      const addresses = Array.from({ length: 20 }, (_, index) => `10.1.0.${index + 1}`);
      const desired = oneGroupEach(addresses);
      const bad = '10.1.0.7';
      rig.harness.refuse(await groupOf(rig, desired, bad));
      const result = await rig.sync(desired);
      expect(result.state, explain(result)).toBe('partial');
      const shut = addresses.filter((src) => rig.simulator.verdict({ ...payments, src }).action === 'Deny');
      expect(shut).toEqual([bad]);
      expect(result.quarantined.every(({ error }) => error.errorClass === 'invalid')).toBe(true);
    },
  },
  {
    name: 'nothing opens whichever object is refused',
    why: 'A change is safe by its order; when a part of it is missing, what counted on that part must wait.',
    run: async (rig: Rig): Promise<void> => {
      const journeys = [
        [nothing, sealed],
        [monday, tuesday],
        [tuesday, monday],
      ] as const;
      for (const [from, to] of journeys) {
        for (const { kind, name } of [...(await rig.lower(from)), ...(await rig.lower(to))]) {
          rig.renew();
          await rig.settle(from);
          rig.harness.refuse({ kind, name });
          await rig.watching(rig.wider([from, to]), async () => {
            const result = await rig.sync(to);
            expect(['partial', 'programmed'], explain(result)).toContain(result.state);
          });
        }
      }
    },
  },
  {
    name: 'every failure has its class',
    why: 'The class decides whether we try again, wait, plan anew, or call a person.',
    run: async (rig: Rig): Promise<void> => {
      await rig.settle(monday);
      for (const { fault, expected } of classes) {
        rig.simulator.fault(fault);
        const { state, error } = await rig.sync(tuesday);
        rig.simulator.clearFaults();
        expect({ fault, state, known: error && expected.includes(error.errorClass) ? 'yes' : error }).toEqual({
          fault,
          state: 'failed',
          known: 'yes',
        });
        expect(error).toBeInstanceOf(AdapterError);
      }
    },
  },
  {
    name: 'stops when it is told to',
    why: 'A worker that lost its lease must not write beside its successor.',
    run: async (rig: Rig): Promise<void> => {
      await rig.settle(monday);
      const { session, context } = await rig.connect();
      const { changes } = diff(await rig.lower(tuesday), (await session.observe()).resources);
      const batches = rig.adapter.batch(changes, context);
      const told = new AbortController();
      rig.crash();
      const leaving = await rig.connect({ signal: told.signal });
      told.abort();
      const requests = await rig.requestsDuring(async () => {
        for (const batch of batches) await session.send(batch, AbortSignal.abort()).catch(() => []);
        await expect(leaving.session.observe()).rejects.toThrow();
      });
      expect(requests).toEqual([]);
      for (const patience of [1, 2, 3, 5]) {
        rig.crash();
        await rig.settle(monday);
        rig.crash();
        await expectToStopAfter(rig, patience);
      }
    },
  },
  {
    name: 'tells no secret',
    why: 'Errors go to logs, status and tickets, where credentials have no business.',
    run: async (rig: Rig): Promise<void> => {
      const told: string[] = [];
      for (const { fault } of classes) {
        rig.crash();
        rig.simulator.fault(fault);
        told.push(spelled(await rig.sync(monday)));
        rig.simulator.clearFaults();
        told.push(spelled(await rig.settle(monday)));
        rig.simulator.fault({ ...fault, after: 2 });
        told.push(spelled(await rig.sync(tuesday)));
        rig.simulator.clearFaults();
      }
      told.push(...rig.simulator.requests().map(({ method, path }) => `${method} ${path}`));
      const secrets = Object.entries(rig.harness.secret).filter(([key]) => !/^(username|.*\.crt)$/.test(key));
      for (const [key, secret] of secrets) {
        expect(
          told.filter((text) => text.includes(secret)),
          key,
        ).toEqual([]);
      }
    },
  },
  {
    name: 'keeps to the limits of the device',
    why: 'A group that is too large is refused as a whole, or worse, cut short in silence.',
    run: async (rig: Rig): Promise<void> => {
      const members = Array.from({ length: 12 }, (_, index) => `10.1.0.${index + 1}`);
      const tighten = { maxMembersPerGroup: 5 };
      const resources = await rig.lower(oneGroup(members), tighten);
      expect(resources.filter((resource) => (resource.members?.length ?? 0) > 5)).toEqual([]);
      for (const desired of [oneGroup(members), oneGroup(members.slice(3)), oneGroup(['10.1.0.12'])]) {
        await rig.settle(desired, { tighten });
        const wanted = desired.groups[0]?.members ?? [];
        const reached = members.filter((src) => rig.simulator.verdict({ ...payments, src }).action === 'Accept');
        expect(reached.toSorted()).toEqual(wanted);
      }
      await rig.settle(nothing, { tighten });
    },
  },
  {
    name: 'takes text for text',
    why: 'A label or a name must not become part of a command to the device.',
    run: async (rig: Rig): Promise<void> => {
      const hostile = '"\'`${x};\n\r\t} end\\ drop <a>&amp; %s ../../ 日本 #';
      const rule = aRule({ origin: { ...plain, name: hostile, namespace: hostile, field: hostile } });
      const desired = stateOf([rule], new Map([['00000000000a', ['10.0.0.1']]]));
      const titled = { ...desired, groups: desired.groups.map((group) => ({ ...group, title: hostile })) };
      rig.expectAsDesired(titled, await rig.settle(titled));
      expect(permitted(titled, rig.flows).size).toBeGreaterThan(0);
      expect((await rig.settle(titled)).plan.changes).toEqual([]);
    },
  },
];

const payments = { dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;
const { origin: plain } = aRule();

/** Aborts after so many requests: at most the one that was in progress is still carried out. */
async function expectToStopAfter(rig: Rig, patience: number): Promise<void> {
  const controller = new AbortController();
  await rig.connect({ signal: controller.signal });
  let count = 0;
  rig.onEachRequest(() => {
    count += 1;
    if (count === patience) controller.abort();
  });
  const { state } = await rig.sync(tuesday, { signal: controller.signal });
  rig.onEachRequest(() => undefined);
  if (state !== 'programmed') expect(count).toBeLessThanOrEqual(patience + 1);
  rig.crash();
  await rig.settle(tuesday);
}

/** All that may be written down of a result, stacks and causes included. */
function spelled(result: object): string {
  return JSON.stringify(result, (_, value: unknown) => {
    if (!(value instanceof Error)) return value;
    const { message, stack, cause } = value;
    return { ...Object.fromEntries(Object.entries(value)), message, stack, cause };
  });
}
