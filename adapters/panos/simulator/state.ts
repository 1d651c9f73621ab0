import type { JsonObject } from '../../../src/core/model/json.ts';

/** By the end of their paths. */
export const tables = ['address', 'address-group', 'service', 'tag', 'rulebase/security/rules'] as const;
export type Table = (typeof tables)[number];
export const rulesTable = 'rulebase/security/rules' satisfies Table;

export interface Entry {
  readonly name: string;
  /** Without the name. */
  readonly body: JsonObject;
}

export type Config = ReadonlyMap<Table, readonly Entry[]>;

export interface Job {
  readonly id: number;
  /** What it brings into force: here, or at the firewall that a Panorama manages. */
  readonly type: 'Commit' | 'CommitAll';
  readonly user: string;
  readonly endsAt: number;
  /** What will be in force if it succeeds, and which edits are then no longer open. */
  readonly target: Config;
  readonly closes: readonly string[];
  readonly status: 'ACT' | 'FIN';
  readonly result: 'PEND' | 'OK' | 'FAIL';
  readonly details: string;
}

/** Everything a firewall knows. It is replaced and never changed, so that remembering it costs nothing. */
export interface State {
  readonly candidate: Config;
  readonly running: Config;
  /** Of a Panorama: what the firewall has got. */
  readonly pushed: Config;
  /** Of a Panorama: whose entries were committed since they were pushed, as in `edited`. */
  readonly unpushed: ReadonlyMap<string, string>;
  /** Who edited which entry since it was committed: `table name`. */
  readonly edited: ReadonlyMap<string, string>;
  /** Tags by address, each with when it ends. */
  readonly registered: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly jobs: readonly Job[];
  /** Who holds the configuration lock. */
  readonly lockedBy: string | undefined;
  /** Source addresses of open sessions. */
  readonly sessions: readonly string[];
  /** Of a pair: what this unit is, `passive`. Undefined: it is alone. */
  readonly pair: string | undefined;
  /** The same of the firewall that a Panorama manages. */
  readonly managedPair: string | undefined;
}

const empty: Config = new Map(tables.map((table) => [table, []]));

export const delivered: State = {
  candidate: empty,
  running: empty,
  pushed: empty,
  unpushed: new Map(),
  edited: new Map(),
  registered: new Map(),
  jobs: [],
  lockedBy: undefined,
  sessions: [],
  pair: undefined,
  managedPair: undefined,
};

export function entriesOf(config: Config, table: Table): readonly Entry[] {
  return config.get(table) ?? [];
}

export function entryOf(config: Config, table: Table, name: string): Entry | undefined {
  return entriesOf(config, table).find((entry) => entry.name === name);
}

export function withEntries(config: Config, table: Table, entries: readonly Entry[]): Config {
  return new Map([...config, [table, entries]]);
}

export function editKey(table: Table, name: string): string {
  return `${table} ${name}`;
}
