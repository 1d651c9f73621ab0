import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { Access, type User } from './access.ts';
import { Compiler, type CompilerDelays } from './compiler.ts';
import { dumped } from './dump.ts';
import type { Profile } from './profile.ts';
import { Refusals } from './refusals.ts';
import { Renderer } from './render.ts';
import type { Schemas } from './schema.ts';
import { Store } from './store.ts';
import { Traffic } from './traffic.ts';
import { Transactions } from './transactions.ts';
import { written } from './values.ts';
import type { Workspace } from './workspace.ts';
import { create } from './write.ts';

export interface HighAvailability {
  readonly group: string;
  readonly autoSync: boolean;
}

export type Provisioning = 'none' | 'minimum' | 'nominal' | 'dedicated';

export interface DeviceSettings {
  readonly profile: Profile;
  readonly schemas: Schemas;
  readonly users: readonly User[];
  readonly tokenSeconds: number;
  readonly tokensPerUser: number;
  readonly compiler: CompilerDelays;
  /** What the firewall module is given of the device; `none`: it is not provisioned. */
  readonly afm: Provisioning;
  /** How long after a reboot nothing useful is answered. */
  readonly bootMs: number;
  /** Where every flow comes in. */
  readonly route: { readonly routeDomain: number; readonly vlan: string };
  readonly ha: HighAvailability | undefined;
  /** Partitions that the AS3 extension owns; undefined: it is not installed. */
  readonly as3Tenants: readonly string[] | undefined;
  readonly now: () => number;
}

/** What a request can change: everything that a checkpoint remembers. */
interface State {
  readonly store: Store;
  readonly compiler: Compiler;
  readonly transactions: Transactions;
  /** The other device does not have it yet. */
  readonly unsynced: boolean;
}

/** One BIG-IP: running and saved configuration, what is compiled of it, who may come in, and what passed through it. */
export class Device {
  readonly settings: DeviceSettings;
  readonly renderer: Renderer;
  readonly traffic = new Traffic();
  readonly refusals = new Refusals();
  readonly hostname = `bigip-${randomBytes(2).toString('hex')}.example.com`;
  access: Access;
  standby = false;
  #state: State;
  #saved: Store;
  #bootedAt = -Infinity;

  constructor(settings: DeviceSettings) {
    this.settings = settings;
    this.renderer = new Renderer(settings.profile);
    this.access = this.#newAccess();
    this.#state = this.#fresh(delivered(settings));
    this.#saved = this.#state.store.fork();
  }

  get store(): Store {
    return this.#state.store;
  }

  get transactions(): Transactions {
    return this.#state.transactions;
  }

  get unsynced(): boolean {
    return this.#state.unsynced;
  }

  /** The compiler as it is now. */
  get compiler(): Compiler {
    this.#state.compiler.settle(this.store, this.settings.now());
    return this.#state.compiler;
  }

  /** What packets are judged by: compiled, and not merely written. */
  get effective(): Store {
    return this.compiler.effective(this.store);
  }

  workspace(store = this.store): Workspace {
    const { schemas, profile } = this.settings;
    return { store, schemas, profile, before: this.store };
  }

  /** Before a change of the running configuration. */
  prepare(): void {
    this.#state.compiler.settle(this.store, this.settings.now());
  }

  /** After one. */
  changed(): void {
    this.#state.compiler.changed(this.store, this.settings.now());
    this.#state = { ...this.#state, unsynced: this.settings.ha?.autoSync === false };
  }

  /** Makes another configuration the running one, at once. */
  adopt(store: Store): void {
    this.prepare();
    this.#state = { ...this.#state, store };
    this.changed();
  }

  synced(): void {
    this.#state = { ...this.#state, unsynced: false };
  }

  save(): void {
    this.#saved = this.store.fork();
  }

  /** The saved configuration again, as `load sys config` brings it. */
  load(): void {
    this.adopt(this.#saved.fork());
  }

  /** What was not saved is gone, and so are tokens, open transactions and counters. */
  reboot(): void {
    this.#state = this.#fresh(this.#saved.fork());
    this.access = this.#newAccess();
    this.traffic.clear();
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
    const remembered = copied(this.#state);
    return () => (this.#state = copied(remembered));
  }

  reset(): void {
    this.#state = this.#fresh(delivered(this.settings));
    this.#saved = this.store.fork();
    this.access = this.#newAccess();
    this.traffic.clear();
    this.refusals.clear();
    this.standby = false;
    this.#bootedAt = -Infinity;
  }

  /** Collections with what they hold beyond what the device is delivered with. Equal configurations have equal dumps. */
  dump(): Readonly<Record<string, readonly JsonObject[]>> {
    return dumped(this.store, this.settings.schemas);
  }

  #fresh(store: Store): State {
    const { compiler: delays, now } = this.settings;
    const compiler = new Compiler(delays, store, now());
    return { store, compiler, transactions: new Transactions(now), unsynced: false };
  }

  #newAccess(): Access {
    const { users, now, tokenSeconds, tokensPerUser } = this.settings;
    return new Access(users, now, tokenSeconds, tokensPerUser);
  }
}

function copied({ store, compiler, transactions, unsynced }: State): State {
  return { store: store.fork(), compiler: compiler.copy(), transactions: transactions.copy(), unsynced };
}

function delivered({ schemas, profile }: DeviceSettings): Store {
  const store = new Store();
  for (const schema of schemas.values()) {
    if (schema.scope === 'singleton') {
      const fields = written(schema.fields, {}, schema.defaults);
      const identity = { name: '', partition: '', subPath: '', fullPath: '' };
      store.put(schema.path, { ...identity, generation: 1, fields, rules: [] });
    }
    for (const row of schema.delivered) create({ store, schemas, profile, before: store }, schema, row);
  }
  return store;
}
