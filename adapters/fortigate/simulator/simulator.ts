import { randomBytes } from 'node:crypto';
import { json, page } from '../../../kit/simulator/answers.ts';
import { serveSimulator } from '../../../kit/simulator/http.ts';
import type { SimulatedDevice } from '../../../kit/simulator/simulated-device.ts';
import type { Simulator } from '../../../kit/simulator/simulator.ts';
import { textAt } from '../../../kit/simulator/tables/rows.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { recordable } from './api/login.ts';
import { answer } from './api/router.ts';
import { create, move, remove, update } from './cmdb/write.ts';
import { Device } from './device.ts';
import { settingsOf, type FortigateOptions } from './settings.ts';

export type { FortigateOptions } from './settings.ts';

/** A FortiGate to practise on, with the hands of a foreign administrator. */
export interface FortigateSimulator extends Simulator {
  /** Creates or changes an entry as another client would, under the same rules as through the API. */
  put(table: string, entry: JsonObject, vdom?: string): void;
  remove(table: string, key: string, vdom?: string): void;
  /** Moves a policy before or behind another one. */
  move(policyId: number, place: { readonly before?: string; readonly after?: string }, vdom?: string): void;
  /** The rows of a table as they are, ids and defaults included. */
  rows(table: string, vdom?: string): readonly JsonObject[];
  /** Sets what a feed holds. */
  fillFeed(name: string, entries: readonly string[], vdom?: string): void;
  /** From now on every write to this entry is answered with -651, until the device is reset. */
  refuse(table: string, name: string): void;
  /** A reboot with `cfg-save revert`: back to what was last saved. */
  revert(): void;
  /** The other unit of the cluster becomes its primary, or this one again. */
  failover(): void;
}

export async function startFortigate(options: FortigateOptions): Promise<FortigateSimulator> {
  const token = randomBytes(15).toString('hex');
  const settings = settingsOf(options, token);
  const device = new Device(settings);
  const identity = { kind: 'fortigate', version: settings.profile.version, credentials: { token } };
  const served = await serveSimulator(identity, simulated(device), options);
  const [management] = settings.vdoms;
  const at = (table: string, name = management) => {
    const schema = settings.schemas.get(table);
    const vdom = device.vdom(name);
    if (schema === undefined || vdom === undefined) throw new RangeError(`no table ${table} in VDOM ${name}`);
    return { schema, vdom, work: { ...device.workspace(vdom), refused: new Set<string>() } };
  };
  return {
    ...served,
    put: (table, entry, name) => {
      const { schema, work } = at(table, name);
      const key = textAt(entry, schema.mkey);
      if (work.store.has(table, key)) update(work, schema, key, entry);
      else create(work, schema, entry);
    },
    remove: (table, key, name) => {
      const { schema, work } = at(table, name);
      remove(work, schema, key);
    },
    move: (policyId, place, name) => {
      const { schema, work } = at('firewall/policy', name);
      move(work, schema, String(policyId), place);
    },
    rows: (table, name) => [...at(table, name).vdom.tables.rows(table).values()],
    fillFeed: (name, entries, vdom) => {
      const { feeds } = at('system/external-resource', vdom).vdom;
      feeds.write(name, 'snapshot', entries, { at: settings.now(), capacity: Infinity });
    },
    refuse: (table, name) => device.refused.add(`${table} ${name}`),
    revert: () => device.revert(),
    failover: () => (device.secondary = !device.secondary),
  };
}

function simulated(device: Device): SimulatedDevice {
  return {
    answer: (request) => answer(device, request),
    verdict: (flow) => device.verdict(flow),
    dump: () => device.dump(),
    reset: () => device.reset(),
    checkpoint: () => device.checkpoint(),
    failure: (status) => (status === 500 ? json(500, { status: 'error', http_status: 500, error: -57 }) : page(status)),
    throttled: () => page(429),
    recordable,
  };
}
