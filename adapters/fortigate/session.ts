import type { AdapterDeps, Batch, Live, Observed, Outcome, RuleHit, Session } from '../../src/adapter/adapter.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { FortigateClient, isClass, type Ask } from './client.ts';
import type { FortigateConfig } from './config.ts';
import { readTable, type Device, type Workplace } from './device.ts';
import { changeFeeds, type Feed } from './feed.ts';
import type { Inventory } from './inventory.ts';
import { inForce, ruleHits } from './live.ts';
import { tables } from './names.ts';
import { observe } from './observe.ts';
import { intrusionIn } from './place.ts';
import { probe } from './probe.ts';
import { unprobed } from './unprobed.ts';
import { endSessions, isUnneeded, makeChange } from './send.ts';
import { abortAbandoned, inTransaction } from './transaction.ts';

/** One VDOM of one FortiGate. */
export class FortigateSession implements Session {
  readonly #client: FortigateClient;
  readonly #config: FortigateConfig;
  readonly #deps: AdapterDeps;
  #capabilities: Capabilities = unprobed;
  /** What is known of the device; undefined: it must be read first. */
  #inventory: Inventory | undefined;
  #seen: Seen = { resources: [], feeds: new Map() };

  /** @throws AdapterError `auth` when the secret has no token */
  constructor(config: FortigateConfig, deps: AdapterDeps) {
    this.#client = new FortigateClient(config, deps);
    this.#config = config;
    this.#deps = deps;
  }

  async probe(): Promise<Capabilities> {
    this.#capabilities = await probe(this.#ask(), this.#config);
    return this.#capabilities;
  }

  async observe(): Promise<Observed> {
    const { observed, inventory, feeds } = await observe(this.#device(this.#ask()));
    this.#inventory = inventory;
    this.#seen = { resources: observed.resources, feeds };
    return observed;
  }

  async send(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const ask = this.#ask(signal);
    try {
      return isPush(batch) ? await this.#push(batch, ask) : await this.#writeUnblocked(batch, ask);
    } catch (error) {
      this.#inventory = undefined;
      if (!(error instanceof AdapterError)) throw error; // a defect
      return batch.changes.map(({ key }) => ({ key, result: 'error', error }));
    }
  }

  /** FortiOS has done what it has accepted: nothing is ever pending. */
  poll(): Promise<readonly Outcome[]> {
    return Promise.resolve([]);
  }

  live(): Promise<Live> {
    const intruders = intrusionIn(this.#inventory?.policies() ?? [], this.#config.anchor).intruders;
    return inForce(this.#device(this.#ask()), this.#seen, intruders);
  }

  async evidence(): Promise<readonly RuleHit[]> {
    const ask = this.#ask();
    const { rows } = await readTable(ask, tables.policy, { format: 'policyid|name|comments' });
    return await ruleHits(this.#device(ask), rows);
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }

  /** Feeds are changed without knowing anything else of the device. */
  async #push({ changes }: Batch, ask: Ask): Promise<readonly Outcome[]> {
    const outcomes = await changeFeeds(ask, changes);
    await endSessions(this.#device(ask), changes);
    return outcomes;
  }

  /** A transaction that an earlier session left open locks its tables: it is ended, and the batch is sent again. */
  async #writeUnblocked(batch: Batch, ask: Ask): Promise<readonly Outcome[]> {
    try {
      return await this.#write(batch, ask);
    } catch (error) {
      if (!isClass(error, 'busy') || !this.#capabilities.transactions) throw error;
      const { inventory } = await observe(this.#device(ask));
      if ((await abortAbandoned(ask, this.#deps.owner, inventory.policies())) === 0) throw error;
      this.#inventory = undefined;
      return await this.#write(batch, ask);
    }
  }

  async #write({ changes, atomic }: Batch, ask: Ask): Promise<readonly Outcome[]> {
    const work: Workplace = { ...this.#device(ask), inventory: await this.#known(ask), atomic };
    const unneeded = new Set<Change>();
    const all = async (within: Ask): Promise<void> => {
      for (const change of changes) {
        if (isUnneeded(work, change)) unneeded.add(change);
        else await makeChange({ ...work, ask: within }, change);
      }
    };
    await (atomic ? inTransaction(ask, this.#config.transactionTimeoutSeconds, all) : all(ask));
    await endSessions(work, changes);
    return changes.map((change) => ({
      key: change.key,
      result: 'done',
      ...(unneeded.has(change) && { unneeded: true }),
    }));
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
    return (call) => this.#client.ask(call, either);
  }
}

/** What was read last, for the question what of it is in force. */
interface Seen {
  readonly resources: readonly Resource[];
  readonly feeds: ReadonlyMap<string, Feed>;
}

function isPush({ changes }: Batch): boolean {
  return changes.every(({ key, op }) => key.kind === tables.feed && op === 'members');
}
