import { setImmediate as anotherTurn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { changesOf, gone, pod, point, policy } from '../../core/compile/testing/builders.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import { MemoryQueue } from '../../queue/memory-queue.ts';
import { MemoryDesiredStore } from '../../store/memory-store.ts';
import { systemClock } from '../../compose/clock.ts';
import { startControllerLoop } from './loop.ts';
import { Rounds } from './rounds.ts';

const time = { now: '2026-06-01T00:00:00Z', atStart: false };
const wellDone = (message: string): never => expect.fail(message);
const declared = changesOf({ enforcementPoints: [point('edge')], pods: [pod('n-0/web', { addresses: ['10.9.0.1'] })] });

/** So many that they take more than a slice on any machine. */
const many = 4_000;

function policies(action: 'Accept' | 'Deny', net = '192.0'): readonly ObjectChange[] {
  const written = Array.from({ length: many }, (_, i) =>
    policy(`n-${i % 200}/out-${i}`, { action, to: [{ networks: [`${net}.${i >> 8}.${i & 255}/32`] }] }),
  );
  return changesOf({ egressPolicies: written });
}

it('lets others have their turn, who see nothing of a round before all of it was taken', async () => {
  const rounds = new Rounds(wellDone);
  const happened: string[] = [];
  const changes = [...declared, ...policies('Accept')];
  const round = rounds.compile(
    changes,
    time,
    ({ points }) => void happened.push(`taken: ${[...points.keys()].join()}`),
  );
  expect(rounds.isRunning).toBe(true);
  void anotherTurn().then(() => happened.push('another turn'));
  const read = await rounds.read((compiled) => {
    happened.push('read');
    return compiled.desired('edge')?.rules.length;
  });
  await round;
  expect([read, happened]).toEqual([many, ['another turn', 'taken: edge', 'read']]);
  expect(await rounds.read((compiled) => compiled.desired('edge')?.rules.length)).toBe(many);
});

it('lets nobody wait for ever when there is no compiling at all, and goes on', async () => {
  const rounds = new Rounds(() => undefined);
  const failed = rounds.compile([], { ...time, now: 'no time' }, () => undefined);
  const read = rounds.read((compiled) => compiled.desired('edge'));
  await Promise.all([expect(failed).rejects.toThrow('RFC 3339'), expect(read).rejects.toThrow('nothing is compiled')]);
  await rounds.compile(declared, time, () => undefined);
  expect(await rounds.read((compiled) => compiled.desired('edge'))).toBeDefined();
});

it('publishes a round as a whole, gives nobody half of it, and loses no pod that ends meanwhile', async () => {
  const stop = new AbortController();
  const onError = (subject: string, error: unknown): never => expect.fail(`${subject}: ${String(error)}`);
  const store = new MemoryDesiredStore();
  const deps = { store, queue: new MemoryQueue(onError), clock: systemClock, recheckEveryMs: 300_000, onError };
  const loop = startControllerLoop(deps, stop.signal);
  await loop.apply([...declared, ...policies('Accept')], true);
  const work = await store.take('edge');
  const into = store.publish.bind(store);
  const publish = vi.spyOn(store, 'publish').mockImplementation((publication) => anotherTurn(publication).then(into));

  const round = loop.apply(policies('Deny'), true);
  await anotherTurn();
  const asked = work!.snapshot();
  const ended = loop.apply([gone('Pod', 'n-0/web')], true);
  const answered = vi.fn();
  void asked.then(answered);
  await anotherTurn();
  expect([publish.mock.calls.length, answered.mock.calls.length]).toEqual([0, 0]);

  const { desired, version } = await asked;
  expect(new Set(desired.rules.map(({ action }) => action))).toEqual(new Set(['Deny']));
  expect(desired.rules).toHaveLength(many);
  // What is in it beyond that is published by now, and counts as done only once it is asked for.
  expect(version).toBe(work!.version);
  await Promise.all([round, ended]);
  const last = await (await store.take('edge'))!.snapshot();
  expect(last.desired.groups.flatMap(({ members }) => members)).toEqual([]);
  expect(last.ended).toEqual(new Set(['10.9.0.1']));
  expect(publish).toHaveBeenCalledTimes(2);
  stop.abort();
});

it('takes no pod for ended that is missing from a list, while what is in that list is compiled', async () => {
  const stop = new AbortController();
  const onError = (subject: string, error: unknown): never => expect.fail(`${subject}: ${String(error)}`);
  const store = new MemoryDesiredStore();
  const deps = { store, queue: new MemoryQueue(onError), clock: systemClock, recheckEveryMs: 300_000, onError };
  const { apply, publisher } = startControllerLoop(deps, stop.signal);
  const edge = { ...point('edge', { mode: 'Enforce' }), status: { vantage: 'Pod' } };
  await apply([...declared, ...changesOf({ enforcementPoints: [edge] }), ...policies('Accept')], true, {
    confirmed: true,
  });
  const round = apply([{ ...gone('Pod', 'n-0/web'), cause: 'relist' }, ...policies('Accept', '198.18')], true);
  await anotherTurn();
  const compiled = publisher.read(() => 'compiled');
  const held = [{ namespace: 'n-0', members: ['10.9.0.1'] }];
  let heard = 0;
  for (let now: unknown; now !== 'compiled'; now = await Promise.race([compiled, anotherTurn()])) {
    publisher.outcome({ point: 'edge', version: publisher.version('edge') ?? 0, state: 'held', held });
    heard += 1;
  }
  await round;
  await publisher.catchUp();
  expect(heard).toBeGreaterThan(2);
  expect((await store.take('edge'))?.ended).not.toContain('10.9.0.1');
  stop.abort();
});
