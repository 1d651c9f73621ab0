import { DeviceState } from '../../../kit/simulator/tables/state.ts';
import { OpenTransactions } from '../../../kit/simulator/tables/transactions.ts';
import { packetOf, remembered, type Packet } from '../../../kit/simulator/traffic/packet.ts';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import { textAt } from '../../../kit/simulator/tables/rows.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { Access } from './api/access.ts';
import { checksum } from './cmdb/checksum.ts';
import { copied, type Transaction } from './cmdb/transactions.ts';
import { create, type Workspace } from './cmdb/write.ts';
import { rangeOf } from './packet/addresses.ts';
import { Feeds } from './packet/feeds.ts';
import { firstMatch, type Route } from './packet/policy.ts';
import { Traffic } from './packet/traffic.ts';
import type { DeviceSettings } from './settings.ts';
import { emptyTables, type Row } from './tables/schema.ts';
import { dumpedVdom, forkVdom, type Vdom } from './vdom.ts';

/** What a request can change: everything that a checkpoint remembers. */
interface State {
  readonly vdoms: ReadonlyMap<string, Vdom>;
  readonly transactions: OpenTransactions<Transaction>;
}

/** One FortiGate: its tables per VDOM, open transactions, who may come in, and what its data plane has seen. */
export class Device {
  readonly settings: DeviceSettings;
  readonly access: Access;
  readonly traffic = new Traffic();
  readonly identity: JsonObject;
  /** `table name`: what a hand behind the device keeps everybody from writing to, until a reset. */
  readonly refused = new Set<string>();
  /** The other unit of the cluster is its primary. */
  secondary = false;
  readonly #rangeOf = remembered(rangeOf);
  #state: DeviceState<State>;

  constructor(settings: DeviceSettings) {
    const { version, build } = settings.profile;
    this.settings = settings;
    this.identity = { serial: 'FGVMSIM000000001', version, build };
    this.access = new Access(settings, settings.now);
    this.#state = this.#delivered();
  }

  get transactions(): OpenTransactions<Transaction> {
    return this.#state.running.transactions;
  }

  vdoms(): readonly string[] {
    return [...this.#state.running.vdoms.keys()];
  }

  vdom(name: string): Vdom | undefined {
    return this.#state.running.vdoms.get(name);
  }

  /** @param tables those of a transaction; absent: the running ones */
  workspace({ feeds, tables: running }: Vdom, tables = running): Workspace {
    const { schemas, profile } = this.settings;
    return { store: tables, feeds, schemas, profile, refused: this.refused };
  }

  /** Is there configuration that a revert would lose? */
  get unsaved(): boolean {
    return JSON.stringify(this.dump()) !== JSON.stringify(this.#dumped(this.#state.saved()));
  }

  /** The policy that decides about a packet; undefined: none does. */
  match(vdom: Vdom, packet: Packet, route: Route): Row | undefined {
    const known = { learned: this.traffic.learned, rangeOf: this.#rangeOf };
    return firstMatch(vdom, packet, route, known, this.settings.now());
  }

  /** The data plane of the management VDOM decides, and counts. A client asks for a name before it sends a packet. */
  verdict(flow: SimulatedFlow): SimulatedVerdict {
    const { route = {}, vdoms, now } = this.settings;
    const vdom = this.vdom(vdoms[0]);
    const packet = packetOf(flow);
    if (flow.host !== undefined) this.traffic.learn(flow.host);
    if (vdom === undefined || packet === undefined) return { action: 'Deny', rule: 'implicit' };
    const policy = this.match(vdom, packet, route);
    const id = Number(policy?.['policyid'] ?? 0);
    this.traffic.counters.count(id, now());
    if (policy?.['action'] === 'accept') this.traffic.open(packet, id);
    const name = policy === undefined ? 'implicit' : textAt(policy, 'name') || String(id);
    return { action: policy?.['action'] === 'accept' ? 'Accept' : 'Deny', rule: name };
  }

  /** Opaque to clients; another one after every change of the table. */
  revision(vdom: string, table: string): string {
    return checksum(
      `${textAt(this.identity, 'serial')}/${vdom}/${table}/${this.vdom(vdom)?.tables.changes(table) ?? 0}`,
    );
  }

  checkpoint(): () => void {
    return this.#state.checkpoint();
  }

  /** `config-revision/save`: what a revert goes back to. */
  save(): void {
    this.#state.save();
  }

  /** A reboot with `cfg-save revert`: what was not saved is gone, and so are sessions and open transactions. */
  revert(): void {
    const { vdoms } = this.#state.saved();
    this.#state.running = { vdoms, transactions: new OpenTransactions(this.settings.now) };
    this.traffic.clear();
  }

  reset(): void {
    this.#state = this.#delivered();
    this.refused.clear();
    this.secondary = false;
    this.access.reset();
    this.traffic.clear();
  }

  /** Checksum over the configuration, which members of a cluster compare. */
  checksum(): string {
    return checksum(JSON.stringify(this.dump()));
  }

  dump(): Readonly<Record<string, JsonObject>> {
    return this.#dumped(this.#state.running);
  }

  #dumped({ vdoms }: State): Readonly<Record<string, JsonObject>> {
    return Object.fromEntries([...vdoms].map(([name, vdom]) => [name, dumpedVdom(vdom, this.settings.schemas)]));
  }

  #delivered(): DeviceState<State> {
    const { schemas, vdoms: names, now } = this.settings;
    const vdoms = names.map((name) => {
      const vdom = { name, tables: emptyTables(schemas), feeds: new Feeds() };
      for (const schema of schemas.values()) {
        for (const row of schema.delivered) create(this.workspace(vdom), { ...schema, fixed: false }, row);
      }
      return [name, vdom] as const;
    });
    return new DeviceState({ vdoms: new Map(vdoms), transactions: new OpenTransactions(now) }, forked);
  }
}

function forked({ vdoms, transactions }: State): State {
  return {
    vdoms: new Map([...vdoms].map(([name, vdom]) => [name, forkVdom(vdom)])),
    transactions: transactions.fork(copied),
  };
}
