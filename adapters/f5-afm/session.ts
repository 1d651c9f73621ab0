import type { AdapterDeps, Batch, Live, Observed, Outcome, RuleHit, Session } from '../../src/adapter/adapter.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import { goesAlone } from './batch.ts';
import { F5Client, type Ask, type Call } from './client.ts';
import { Compilation } from './compilation.ts';
import type { F5AfmConfig } from './config.ts';
import type { Device, Workplace } from './device.ts';
import type { Inventory } from './inventory.ts';
import { deleted } from './lists.ts';
import { inForce, ruleHits } from './live.ts';
import { observe } from './observe.ts';
import { createPartition } from './partition.ts';
import { probe } from './probe.ts';
import { Saving } from './save.ts';
import { makeChange } from './send.ts';
import { inTransaction } from './transaction.ts';
import { unprobed } from './unprobed.ts';

/** Changes of a plan that are rehearsed: a transaction ends after two minutes, and what comes first needs nothing that follows. */
const mostRehearsed = 1_000;

/** One BIG-IP, and our part of one partition of it. */
export class F5AfmSession implements Session {
  readonly #client: F5Client;
  readonly #config: F5AfmConfig;
  readonly #deps: AdapterDeps;
  readonly #saving: Saving;
  #capabilities: Capabilities = unprobed;
  readonly #compilation: Compilation;
  /** What is known of the device; undefined: it must be read first. */
  #inventory: Inventory | undefined;
  #seen: readonly Resource[] = [];
  #lacksPartition = false;

  /** @throws AdapterError `auth` when the secret has no username or no password */
  constructor(config: F5AfmConfig, deps: AdapterDeps) {
    this.#client = new F5Client(config, deps);
    this.#config = config;
    this.#deps = deps;
    this.#saving = new Saving(config, deps.clock);
    this.#compilation = new Compilation(deps.clock);
  }

  async probe(): Promise<Capabilities> {
    this.#capabilities = await probe(this.#ask(), this.#config);
    this.#lacksPartition = this.#capabilities.choices['partition']?.value === 'missing';
    return this.#capabilities;
  }

  async observe(): Promise<Observed> {
    const ask = this.#ask();
    const { observed, inventory } = await observe(this.#device(ask));
    this.#inventory = inventory;
    this.#seen = observed.resources;
    await this.#saving.saveIfDue(ask);
    return observed;
  }

  async send({ changes, atomic }: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const ask = this.#compilation.noting(this.#ask(signal));
    try {
      const work: Workplace = { ...this.#device(ask), inventory: await this.#known(ask), afterwards: [], atomic };
      this.#saving.wrote();
      await this.#makePartition(ask);
      await this.#write({ changes, atomic }, work);
      for (const call of work.afterwards) await deleted(ask, call);
      return changes.map(({ key }) => ({ key, result: 'done' }));
    } catch (error) {
      this.#inventory = undefined;
      if (!(error instanceof AdapterError)) throw error; // a defect
      return changes.map(({ key }) => ({ key, result: 'error', error }));
    }
  }

  /** By a transaction that is validated and dropped. A partition that is not there yet cannot be asked. */
  async rehearse(changes: Batch['changes'], signal: AbortSignal): Promise<void> {
    const asked = changes.filter((change) => !goesAlone(change)).slice(0, mostRehearsed);
    if (asked.length === 0 || this.#lacksPartition) return;
    const ask = this.#ask(signal);
    const { inventory } = await observe(this.#device(ask));
    const work: Workplace = { ...this.#device(ask), inventory, afterwards: [], atomic: true };
    await inTransaction(ask, async (within) => makeAll(asked, { ...work, ask: within }), true);
  }

  /** The device has done what it has answered: nothing is ever pending. */
  poll(): Promise<readonly Outcome[]> {
    return Promise.resolve([]);
  }

  async live(): Promise<Live> {
    const ask = this.#ask();
    await this.#saving.saveIfDue(ask);
    const lag = (deployedAt: string): string => this.#compilation.lag(deployedAt, this.#client.aheadMs);
    const live = await inForce(ask, { resources: this.#seen, saved: this.#saving.status(), lag });
    const lookAgainAfterMs = this.#saving.dueInMs();
    return lookAgainAfterMs === undefined ? live : { ...live, lookAgainAfterMs };
  }

  async evidence(): Promise<readonly RuleHit[]> {
    const ask = this.#ask();
    const { observed } = await observe(this.#device(ask));
    return await ruleHits(ask, observed.resources);
  }

  /** Saves what is not saved yet, and gives the token back: a user has at most 100. */
  async close(): Promise<void> {
    const last = AbortSignal.timeout(this.#config.requestTimeoutMs);
    // Whoever closes does not care any more; what is lost in a reboot is found missing and written again.
    await this.#saving.save((call) => this.#client.ask(call, last)).catch(() => undefined);
    await this.#client.close();
  }

  /** Once, and never in mode Observe, which sends nothing. */
  async #makePartition(ask: Ask): Promise<void> {
    if (!this.#lacksPartition) return;
    await createPartition(ask, this.#config.partition, this.#deps.owner);
    this.#lacksPartition = false;
  }

  #write({ changes, atomic }: Pick<Batch, 'changes' | 'atomic'>, work: Workplace): Promise<void> {
    if (!atomic) return makeAll(changes, work);
    return inTransaction(work.ask, (within) => makeAll(changes, { ...work, ask: within }));
  }

  async #known(ask: Ask): Promise<Inventory> {
    this.#inventory ??= (await observe(this.#device(ask))).inventory;
    return this.#inventory;
  }

  #device(ask: Ask): Device {
    const { owner, clock } = this.#deps;
    return { ask, owner, clock, config: this.#config, capabilities: this.#capabilities };
  }

  #ask(signal?: AbortSignal): Ask {
    const either = signal === undefined ? this.#deps.signal : AbortSignal.any([this.#deps.signal, signal]);
    return (call: Call) => this.#client.ask(call, either);
  }
}

async function makeAll(changes: Batch['changes'], work: Workplace): Promise<void> {
  for (const change of changes) await makeChange(work, change);
}
