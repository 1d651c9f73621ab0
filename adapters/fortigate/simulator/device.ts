import type { JsonObject } from '../../../src/core/model/json.ts';
import { Access, type AccessOptions } from './access.ts';
import type { IpRange } from './addresses.ts';
import { dumped } from './dump.ts';
import { firstMatch, type Packet } from './packet.ts';
import type { Profile } from './profile.ts';
import { md5 } from './query.ts';
import type { Row } from './row.ts';
import type { Schemas } from './schema.ts';
import { Store } from './store.ts';
import { Traffic } from './traffic.ts';
import { Transactions } from './transactions.ts';
import type { ValueRules } from './values.ts';
import { create, type Workspace } from './write.ts';

export interface DeviceSettings {
  readonly profile: Profile;
  readonly schemas: Schemas;
  readonly rules: ValueRules;
  readonly access: AccessOptions;
  /** The first is the management VDOM. */
  readonly vdoms: readonly [string, ...string[]];
  readonly maxBodyBytes: number;
  /** Entries that feeds hold; those of the version's profile if absent. */
  readonly feedEntries?: number;
  /** Interfaces that every flow is taken to come in and go out by. */
  readonly route?: { readonly srcintf?: string; readonly dstintf?: string };
  /** A FortiManager manages this device. */
  readonly managed: boolean;
  readonly now: () => number;
}

/** What a request can change: everything that a checkpoint remembers. */
interface State {
  readonly vdoms: ReadonlyMap<string, Store>;
  readonly transactions: Transactions;
}

/** One FortiGate: its tables per VDOM, open transactions, who may come in, and what its data plane has seen. */
export class Device {
  readonly settings: DeviceSettings;
  readonly access: Access;
  readonly traffic = new Traffic();
  /** See `Knowledge.ranges`. */
  readonly #ranges = new WeakMap<Row, IpRange>();
  readonly serial = 'FGVMSIM000000001';
  #state: State;
  #saved: State;

  constructor(settings: DeviceSettings) {
    this.settings = settings;
    this.access = new Access(settings.access, settings.now);
    this.#state = this.#delivered();
    this.#saved = copied(this.#state, settings.now);
  }

  get transactions(): Transactions {
    return this.#state.transactions;
  }

  vdoms(): readonly string[] {
    return [...this.#state.vdoms.keys()];
  }

  store(vdom: string): Store | undefined {
    return this.#state.vdoms.get(vdom);
  }

  workspace(store: Store): Workspace {
    const { schemas, profile, rules } = this.settings;
    return { store, schemas, profile, rules };
  }

  /** Is there configuration that a revert would lose? */
  get unsaved(): boolean {
    return (
      JSON.stringify(dumped(this.#state.vdoms, this.settings.schemas)) !==
      JSON.stringify(dumped(this.#saved.vdoms, this.settings.schemas))
    );
  }

  /** The policy that decides about a packet; undefined: none does. */
  match(store: Store, packet: Packet): Row | undefined {
    const known = { learned: this.traffic.learned, ranges: this.#ranges };
    return firstMatch(store, packet, known, this.settings.now());
  }

  /** Opaque to clients; another one after every change of the table. */
  revision(vdom: string, table: string): string {
    return md5(`${this.serial}/${vdom}/${table}/${this.store(vdom)?.changes(table) ?? 0}`);
  }

  checkpoint(): () => void {
    const remembered = copied(this.#state, this.settings.now);
    return () => (this.#state = copied(remembered, this.settings.now));
  }

  /** `config-revision/save`: what a revert goes back to. */
  save(): void {
    this.#saved = copied(this.#state, this.settings.now);
  }

  /** A reboot with `cfg-save revert`: what was not saved is gone, and so are sessions and open transactions. */
  revert(): void {
    const { vdoms } = copied(this.#saved, this.settings.now);
    this.#state = { vdoms, transactions: new Transactions(this.settings.now) };
    this.traffic.clear();
  }

  reset(): void {
    this.#state = this.#delivered();
    this.#saved = copied(this.#state, this.settings.now);
    this.access.reset();
    this.traffic.clear();
  }

  /** Checksum over the configuration, which members of a cluster compare. */
  checksum(): string {
    return md5(JSON.stringify(this.dump()));
  }

  /**
   * VDOM, table, rows - in order where order decides, by name elsewhere - and the content of feeds. Without what the device
   * makes up (ids, UUIDs) and without what it is delivered with: equal configurations have equal dumps.
   */
  dump(): Readonly<Record<string, JsonObject>> {
    return dumped(this.#state.vdoms, this.settings.schemas);
  }

  #delivered(): State {
    const vdoms = this.settings.vdoms.map((vdom) => {
      const store = new Store(this.settings.schemas);
      const work = this.workspace(store);
      for (const schema of this.settings.schemas.values()) {
        for (const row of schema.delivered) create(work, { ...schema, fixed: false }, row);
      }
      return [vdom, store] as const;
    });
    return { vdoms: new Map(vdoms), transactions: new Transactions(this.settings.now) };
  }
}

function copied(state: State, now: () => number): State {
  return {
    vdoms: new Map([...state.vdoms].map(([name, store]) => [name, store.fork()] as const)),
    transactions: new Transactions(now, state.transactions),
  };
}
