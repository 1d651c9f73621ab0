import { randomBytes } from 'node:crypto';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import { dumped } from '../../../kit/simulator/tables/dump.ts';
import { DeviceState } from '../../../kit/simulator/tables/state.ts';
import type { Tables } from '../../../kit/simulator/tables/tables.ts';
import { OpenTransactions } from '../../../kit/simulator/tables/transactions.ts';
import { Counters } from '../../../kit/simulator/traffic/counters.ts';
import { packetOf } from '../../../kit/simulator/traffic/packet.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { Access } from './api/access.ts';
import { essence } from './objects/essence.ts';
import { Renderer } from './objects/render.ts';
import { create, type Workspace } from './objects/write.ts';
import { judge, noKnowledge, type Hit } from './packet/packet.ts';
import type { DeviceSettings } from './settings.ts';
import { Compiler } from './system/compiler.ts';
import { emptyTables, type Entry } from './tables/schema.ts';
import type { Transaction } from './transactions/transactions.ts';

/** What a request can change: everything that a checkpoint remembers. */
interface State {
  readonly store: Tables<Entry>;
  readonly compiler: Compiler;
  readonly transactions: OpenTransactions<Transaction>;
  /** The other device does not have it yet. */
  readonly unsynced: boolean;
}

/** One BIG-IP: running and saved configuration, what is compiled of it, who may come in, and what passed through it. */
export class Device {
  readonly settings: DeviceSettings;
  readonly renderer: Renderer;
  /** How often each rule matched in each context. */
  readonly counters = new Counters<Hit>();
  readonly hostname = `bigip-${randomBytes(2).toString('hex')}.example.com`;
  /** Names of objects and rules that refuse every write, until a reset. */
  readonly refused = new Set<string>();
  /** So many writes more are accepted and never carried out. */
  postponed = 0;
  access: Access;
  standby = false;
  readonly #known = noKnowledge();
  #state: DeviceState<State>;
  #bootedAt = -Infinity;

  constructor(settings: DeviceSettings) {
    this.settings = settings;
    this.renderer = new Renderer(settings.profile);
    this.access = new Access(settings);
    this.#state = this.#delivered();
  }

  get store(): Tables<Entry> {
    return this.#state.running.store;
  }

  get transactions(): OpenTransactions<Transaction> {
    return this.#state.running.transactions;
  }

  get unsynced(): boolean {
    return this.#state.running.unsynced;
  }

  /** The compiler as it is now. */
  get compiler(): Compiler {
    const { compiler, store } = this.#state.running;
    compiler.settle(store, this.settings.now());
    return compiler;
  }

  workspace(store = this.store): Workspace {
    const { schemas, profile } = this.settings;
    return { store, schemas, profile, before: this.store };
  }

  /** Changes the running configuration. */
  change<T extends { readonly wrote: boolean }>(make: () => T): T {
    const { compiler } = this;
    const made = make();
    if (made.wrote) {
      compiler.changed(this.store, this.settings.now());
      this.#update({ unsynced: this.settings.ha?.autoSync === false });
    }
    return made;
  }

  /** Makes another configuration the running one, at once. */
  adopt(store: Tables<Entry>): void {
    this.change(() => {
      this.#update({ store });
      return { wrote: true };
    });
  }

  synced(): void {
    this.#update({ unsynced: false });
  }

  save(): void {
    this.#state.save();
  }

  /** The saved configuration again, as `load sys config` brings it. */
  load(): void {
    this.adopt(this.#state.saved().store);
  }

  /** What was not saved is gone, and so are tokens, open transactions and counters. */
  reboot(): void {
    this.#state.running = this.#fresh(this.#state.saved().store);
    this.access = new Access(this.settings);
    this.counters.clear();
    this.#bootedAt = this.settings.now();
  }

  /** `restarting`: the web server alone; `unregistered`: the framework, without the configuration. */
  get boot(): 'done' | 'restarting' | 'unregistered' {
    const { bootMs, now } = this.settings;
    const since = now() - this.#bootedAt;
    if (since >= bootMs) return 'done';
    return since < bootMs / 2 ? 'restarting' : 'unregistered';
  }

  checkpoint(): () => void {
    return this.#state.checkpoint();
  }

  reset(): void {
    this.#state = this.#delivered();
    this.access = new Access(this.settings);
    this.counters.clear();
    this.refused.clear();
    this.postponed = 0;
    this.standby = false;
    this.#bootedAt = -Infinity;
  }

  /** What is compiled decides, and not what is merely written; it also counts. */
  verdict(flow: SimulatedFlow): SimulatedVerdict {
    const { route, now } = this.settings;
    const packet = packetOf(flow);
    if (packet === undefined) return { action: 'Deny', rule: 'implicit' };
    const effective = this.compiler.effective(this.store);
    const { accepted, rule, hits } = judge(effective, { ...packet, ...route }, this.#known, now());
    for (const hit of hits) this.counters.count(hit, now());
    return { action: accepted ? 'Accept' : 'Deny', rule: rule ?? 'implicit' };
  }

  /** Collections with what they hold beyond what the device is delivered with. Equal configurations have equal dumps. */
  dump(): Readonly<Record<string, readonly JsonObject[]>> {
    return dumped(this.store, this.settings.schemas.values(), essence);
  }

  #update(part: Partial<State>): void {
    this.#state.running = { ...this.#state.running, ...part };
  }

  #fresh(store: Tables<Entry>): State {
    const { compiler: delays, now } = this.settings;
    const compiler = new Compiler(delays, store, now());
    return { store, compiler, transactions: new OpenTransactions(now), unsynced: false };
  }

  #delivered(): DeviceState<State> {
    const { schemas, profile } = this.settings;
    const store = emptyTables(schemas);
    for (const { id, scope, defaults } of schemas.values()) {
      const identity = { name: '', partition: '', subPath: '', fullPath: '' };
      if (scope === 'singleton') store.put(id, '', { ...identity, generation: 1, fields: defaults, rules: [] });
    }
    for (const schema of schemas.values()) {
      for (const row of schema.delivered) create({ store, schemas, profile, before: store }, schema, row);
    }
    return new DeviceState(this.#fresh(store), forked);
  }
}

function forked({ store, compiler, transactions, unsynced }: State): State {
  return { store: store.fork(), compiler: compiler.copy(), transactions: transactions.fork(), unsynced };
}
