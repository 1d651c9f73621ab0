import { expect, it } from 'vitest';
import { ApiError } from '../api-error.ts';
import type { Lease, LeaseSpec } from './lease.ts';
import { LeaderElection, type Term } from './leader-election.ts';

/** Time that passes only when told to; whoever sleeps is woken in order. */
class World {
  now = 0;
  readonly events: string[] = [];
  #lease: Lease | undefined;
  #version = 0;
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  async pass(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; this.now += 100) {
      for (const sleeper of this.#sleepers.filter(({ at }) => at <= this.now)) {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        sleeper.wake();
      }
      await settled();
    }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((wake) => {
      const abort = (): void => wake();
      signal?.addEventListener('abort', abort, { once: true });
      const wakeUp = (): void => {
        signal?.removeEventListener('abort', abort);
        wake();
      };
      this.#sleepers.push({ at: this.now + ms, wake: wakeUp });
    });
  }

  get lease(): Lease | undefined {
    return this.#lease;
  }

  remove(): void {
    this.#lease = undefined;
  }

  write(spec: LeaseSpec, after: Lease | undefined): Promise<Lease> {
    if (after?.version !== this.#lease?.version) return Promise.reject(new ApiError(409, 'Conflict', 'too late'));
    this.#version += 1;
    this.#lease = { version: String(this.#version), spec };
    return Promise.resolve(this.#lease);
  }
}

/** The minute in which the clock of these tests begins. */
const firstToken = Math.floor(1e12 / 60_000);

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A contender whose way to the API server can be cut, and whose wall clock is as wrong as it likes. */
class Contender {
  cut = false;
  terms: Term[] = [];
  readonly election: LeaderElection;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(world: World, identity: string, clockError = 0) {
    const unlessCut = <T>(answer: () => Promise<T>): Promise<T> =>
      this.cut ? Promise.reject(new ApiError(0, 'Unreachable', 'cut')) : answer();
    this.election = new LeaderElection({
      store: {
        read: () => unlessCut(() => Promise.resolve(world.lease)),
        write: (spec, after) => unlessCut(() => world.write(spec, after)),
      },
      identity,
      clock: {
        now: () => 1e12 + world.now + clockError,
        elapsed: () => world.now,
        sleep: (ms, signal) => world.sleep(ms, signal),
      },
      random: () => 0,
      onStartedLeading: (term) => {
        this.terms.push(term);
        world.events.push(`${identity} starts, token +${term.token - firstToken}`);
      },
      onStoppedLeading: () => void world.events.push(`${identity} stops`),
      report: () => undefined,
    });
    this.#done = this.election.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

it('makes one of two the leader, and the other at once when the first goes in peace', async () => {
  const world = new World();
  const a = new Contender(world, 'a');
  await settled();
  const b = new Contender(world, 'b');
  await world.pass(60_000);
  expect([a.election.leading, b.election.leading, b.election.leader]).toEqual([true, false, 'a']);
  await a.stop();
  expect(world.lease?.spec.holderIdentity).toBe('');
  await world.pass(2_500);
  expect(world.events).toEqual(['a starts, token +0', 'a stops', 'b starts, token +1']);
  await b.stop();
});

it('ends a term before another can begin when the leader is cut off', async () => {
  const world = new World();
  const a = new Contender(world, 'a');
  await settled();
  const b = new Contender(world, 'b', 3_600_000);
  await world.pass(10_000);
  a.cut = true;
  for (let step = 0; step < 300; step += 1) {
    await world.pass(100);
    expect(a.election.leading && b.election.leading).toBe(false);
  }
  expect(world.events).toEqual(['a starts, token +0', 'a stops', 'b starts, token +61']);
  expect(a.terms[0]?.signal.aborted).toBe(true);
  a.cut = false;
  await world.pass(5_000);
  expect([a.election.leader, a.election.leading]).toEqual(['b', false]);
  await Promise.all([a.stop(), b.stop()]);
});

it('does not take over from a leader whose wall clock is an hour behind', async () => {
  const world = new World();
  const a = new Contender(world, 'a', -3_600_000);
  await settled();
  const b = new Contender(world, 'b');
  await world.pass(120_000);
  expect(world.events).toEqual(['a starts, token +-60']);
  await Promise.all([a.stop(), b.stop()]);
});

it('begins a new term with a higher token when somebody deletes the lease', async () => {
  const world = new World();
  const a = new Contender(world, 'a');
  await world.pass(5_000);
  world.remove();
  await world.pass(5_000);
  expect(world.events).toEqual(['a starts, token +0', 'a stops', 'a starts, token +1']);
  expect(world.lease?.spec).toMatchObject({
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    leaseTransitions: firstToken + 1,
  });
  expect(world.lease?.spec.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  await a.stop();
});

it('begins a term with a higher token than any before when the lease comes out of an old backup', async () => {
  const world = new World();
  const a = new Contender(world, 'a');
  await settled();
  const old = world.lease;
  await a.stop();
  await world.pass(120_000);
  const b = new Contender(world, 'b');
  await settled();
  await b.stop();
  await world.pass(120_000);
  await world.write({ ...old!.spec, leaseTransitions: 3, holderIdentity: '' }, world.lease);
  const c = new Contender(world, 'c');
  await world.pass(60_000);
  expect(c.terms[0]?.token).toBeGreaterThan(b.terms[0]?.token ?? Infinity);
  await c.stop();
});

it('gives up a term when asked to, to whoever is there, and takes part again later', async () => {
  const world = new World();
  const a = new Contender(world, 'a');
  await settled();
  a.election.resign('it came to nothing');
  await world.pass(10_000);
  expect([world.events.at(-1), world.lease?.spec.holderIdentity]).toEqual(['a stops', '']);
  await world.pass(15_000);
  expect(world.events.at(-1)).toBe('a starts, token +1');
  const b = new Contender(world, 'b');
  await world.pass(2_500);
  a.election.resign('it came to nothing');
  await world.pass(60_000);
  expect(world.events.slice(-2)).toEqual(['a stops', 'b starts, token +2']);
  await Promise.all([a.stop(), b.stop()]);
});
