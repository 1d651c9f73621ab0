import type { Json } from '../../../../src/core/model/json.ts';
import type { Call } from '../api/call.ts';
import type { Device } from '../device.ts';
import type { Profile } from '../profile.ts';
import type { AccessGroup } from '../tables/schema.ts';
import type { Vdom } from '../vdom.ts';

/** What an endpoint is given to answer from. */
export interface Observation {
  readonly device: Device;
  readonly call: Call;
  readonly vdom: Vdom;
}

export interface Endpoint {
  /** Has this version it? Absent: every version has. */
  readonly in?: (profile: Profile) => boolean;
  readonly group: AccessGroup | 'any';
  /** The `results` of the envelope; undefined: it has none. */
  readonly answer: (seen: Observation) => Json | undefined;
  /** Has the configuration been written to? Absent: it has not. */
  readonly wrote?: (results: Json | undefined) => boolean;
}

/** By `METHOD path/name[/action]`. */
export type Endpoints = Readonly<Record<string, Endpoint>>;

/** The rows that `?mkey=` asks for; all of them without it. */
export function asked<T>({ call }: Observation, rows: readonly T[], keyOf: (row: T) => string): readonly T[] {
  const wanted = call.query.get('mkey');
  return rows.filter((row) => wanted === null || keyOf(row) === wanted);
}
