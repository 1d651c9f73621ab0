import { setTimeout as wait } from 'node:timers/promises';
import { intended, permitted, type Flow } from '../live/flows.ts';
import { planFaults } from './faults.ts';
import { ChaosInstallation } from './installation.ts';
import { Random } from './random.ts';
import { unrecorded } from './recorded.ts';
import { ChaosWorld } from './world.ts';

export interface Round {
  readonly seed: number;
  /** What went wrong, and what was changed in the meantime. */
  readonly happened: readonly string[];
  /** From the last fault's end until every firewall permitted what is intended. */
  readonly settledMs: number;
}

/** A worker that is in the middle of something writes again within this. */
const restMs = 1_500;
/** Longer than the longest lease, lock, election and backoff together, also on a busy machine. */
const settleMs = 180_000;

/**
 * Rounds of changes and faults, each decided by its seed. After each, every address is tried against every service on
 * every firewall; and nothing was let through in the meantime that was intended neither before nor after a change.
 */
export class Chaos {
  readonly #installation: ChaosInstallation;
  readonly #world: ChaosWorld;
  #seen = new Set<Flow>();
  /** When a firewall was written to last, on the clock that cannot be set. */
  #wroteAt = 0;

  private constructor(installation: ChaosInstallation) {
    this.#installation = installation;
    this.#world = new ChaosWorld(installation.cluster, installation.devices);
    for (const [name, device] of installation.devices)
      device.onRequest(({ wrote }) => {
        if (wrote) this.#wroteAt = performance.now();
        for (const flow of permitted(device)) this.#seen.add(`${name}: ${flow}`);
      });
  }

  /** @param persistent does Redis keep what it holds over a kill? */
  static async start(persistent: boolean): Promise<Chaos> {
    const installation = await ChaosInstallation.start(persistent);
    const chaos = new Chaos(installation);
    for (const part of ['controller', 'worker', 'second', 'feed'] as const) installation.start(part);
    try {
      await chaos.#settled();
      return chaos;
    } catch (error) {
      const { said } = installation;
      await installation.remove();
      throw new Error(`It did not begin: ${String(error)}\n${said}`, { cause: error });
    }
  }

  /** @throws Error that says what was wrong after which seed, and what all processes said */
  async round(seed: number): Promise<Round> {
    const random = new Random(seed);
    const faults = planFaults(random);
    const happened = faults.map(({ name }) => name);
    try {
      const intents = [intended(await this.#installation.cluster.snapshot())];
      this.#seen = new Set();
      const going = faults.map(async ({ run, afterMs }) => {
        await wait(afterMs);
        await run(this.#installation);
      });
      for (let left = random.between(2, 6); left > 0; left -= 1) {
        happened.push(this.#world.change(random));
        intents.push(intended(await this.#installation.cluster.snapshot()));
        await wait(random.between(0, 800));
      }
      await Promise.all(going);
      // What no request has met yet is over, too: left for later rounds it adds up to more than a backoff outlasts.
      for (const device of this.#installation.devices.values()) device.clearFaults();
      const since = performance.now();
      await this.#settled();
      const settled = { seed, happened, settledMs: Math.round(performance.now() - since) };
      this.#nobodyGotIn(intents);
      await this.#eventually('the statuses say so', () => this.#untold());
      await this.#eventually('everything is on record', () =>
        unrecorded(this.#installation.audit, this.#installation.devices),
      );
      return settled;
    } catch (error) {
      throw new Error(`seed ${seed}: ${happened.join('; ')}\n${String(error)}\n${this.#installation.said}`);
    }
  }

  async stop(): Promise<void> {
    await this.#installation.remove();
  }

  #nobodyGotIn(intents: readonly ReadonlySet<Flow>[]): void {
    const wrong = [...this.#seen].filter(
      (seen) => !intents.some((intent) => intent.has(seen.slice(seen.indexOf(' ') + 1))),
    );
    if (wrong.length > 0) throw new Error(`Let through and never intended: ${wrong.join(', ')}`);
  }

  async #settled(): Promise<void> {
    const wanted = intended(await this.#installation.cluster.snapshot());
    await this.#eventually('every firewall permits what is intended', () => {
      const differing = [...this.#installation.devices].flatMap(([name, device]) => {
        const found = permitted(device);
        const missing = [...wanted].filter((flow) => !found.has(flow)).map((flow) => `${name} lacks ${flow}`);
        return [...missing, ...[...found].filter((flow) => !wanted.has(flow)).map((flow) => `${name} permits ${flow}`)];
      });
      // What was begun before the last change may still be in progress.
      if (performance.now() - this.#wroteAt < restMs) differing.push('something is being written');
      return Promise.resolve(differing);
    });
  }

  /** Points whose conditions do not say that they are in force: nothing waits for a person. */
  #untold(): Promise<readonly string[]> {
    const { cluster, devices } = this.#installation;
    const told = [...devices.keys()].flatMap((name) => {
      const { status, reason } = cluster.conditions(name).find(({ type }) => type === 'Programmed') ?? {};
      return status === 'True' ? [] : [`${name} Programmed=${status} ${reason}`];
    });
    return Promise.resolve(told);
  }

  async #eventually(what: string, wrong: () => Promise<readonly string[]>): Promise<void> {
    for (const end = performance.now() + settleMs; ;) {
      const found = await wrong();
      if (found.length === 0) return;
      await wait(100);
      if (performance.now() > end)
        throw new Error(`Not within ${settleMs} ms: ${what}: ${found.slice(0, 20).join(', ')}`);
    }
  }
}
