import { randomBytes } from 'node:crypto';
import type { SimulatedDevice, SimulatedRequest } from '../../../kit/simulator/simulated-device.ts';
import { serveSimulator } from '../../../kit/simulator/http.ts';
import type { SimulatedFlow, SimulatedVerdict, Simulator, SimulatorOptions } from '../../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { AccessOptions, ApiUser, Permissions } from './access.ts';
import { Device, type DeviceSettings } from './device.ts';
import { html, json } from './envelope.ts';
import { loginPaths } from './login.ts';
import { packetOf } from './packet.ts';
import { profileOf } from './profile.ts';
import { Refusals } from './refusals.ts';
import { answer } from './router.ts';
import { scalar, textAt } from './row.ts';
import { schemasOf, type Limits } from './tables/schemas.ts';
import { create, move, remove, update } from './write.ts';

export interface FortigateOptions extends SimulatorOptions, Partial<Omit<AccessOptions, 'apiUsers'>> {
  /** `7.4` (the default) or an exact `7.2.0`. */
  readonly version?: string;
  /** Rows per table and per child table, where not those of the sample device. */
  readonly limits?: Limits;
  /** Of the token in `credentials`; groups that are not named are read-write. */
  readonly permissions?: Permissions;
  readonly trusthosts?: readonly string[];
  /** VDOMs that the token may see; absent: all. */
  readonly tokenVdoms?: readonly string[];
  /** More api-users beside the one in `credentials`. */
  readonly apiUsers?: readonly ApiUser[];
  /** The first is the management VDOM; absent: `root` alone. */
  readonly vdoms?: readonly [string, ...string[]];
  /** Error code for one member too many; the documents do not tell. */
  readonly memberOverflowCode?: number;
  readonly feedEntries?: number;
  readonly maxBodyBytes?: number;
  /** Interfaces that every flow passes; absent: `verdict` does not look at interfaces. */
  readonly route?: { readonly srcintf?: string; readonly dstintf?: string };
  /** A FortiManager manages this device. */
  readonly managed?: boolean;
  /** Milliseconds since the epoch; for tests that need another time. */
  readonly now?: () => number;
}

/** A FortiGate to practise on, with the hands of a foreign administrator. */
export interface FortigateSimulator extends Simulator {
  /** Creates or changes an entry behind everybody's back, under the same rules as through the API. */
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
}

export async function startFortigate(options: FortigateOptions): Promise<FortigateSimulator> {
  const token = randomBytes(15).toString('hex');
  const settings = settingsOf(options, token);
  const device = new Device(settings);
  const identity = { kind: 'fortigate', version: settings.profile.version, credentials: { token } };
  const refusals = new Refusals(device);
  const served = await serveSimulator(identity, simulated(device, refusals), options);
  const [management] = settings.vdoms;
  const at = (table: string, vdom: string) => {
    const schema = settings.schemas.get(table);
    const store = device.store(vdom);
    if (schema === undefined || store === undefined) throw new RangeError(`no table ${table} in VDOM ${vdom}`);
    return { schema, store, work: device.workspace(store) };
  };
  return {
    ...served,
    put: (table, entry, vdom = management) => {
      const { schema, store, work } = at(table, vdom);
      const key = textAt(entry, schema.mkey);
      if (store.has(table, key)) update(work, schema, key, entry);
      else create(work, schema, entry);
    },
    remove: (table, key, vdom = management) => {
      const { schema, work } = at(table, vdom);
      remove(work, schema, key);
    },
    move: (policyId, place, vdom = management) => {
      const { schema, work } = at('firewall/policy', vdom);
      move(work, schema, String(policyId), place);
    },
    rows: (table, vdom = management) => [...at(table, vdom).store.rows(table).values()],
    fillFeed: (name, entries, vdom = management) => {
      const feed = at('system/external-resource', vdom).store.writeFeed(name, settings.now(), true);
      for (const entry of entries) feed.add(entry);
    },
    refuse: (table, name) => refusals.add(table, name),
    revert: () => device.revert(),
  };
}

function settingsOf(options: FortigateOptions, token: string): DeviceSettings {
  const profile = profileOf(options.version);
  const user: ApiUser = {
    name: 'postern',
    token,
    ...(options.permissions === undefined ? {} : { permissions: options.permissions }),
    ...(options.trusthosts === undefined ? {} : { trusthosts: options.trusthosts }),
    ...(options.tokenVdoms === undefined ? {} : { vdoms: options.tokenVdoms }),
  };
  return {
    profile,
    schemas: schemasOf(profile, options.limits),
    rules: { memberOverflowCode: options.memberOverflowCode ?? -4 },
    access: {
      apiUsers: [user, ...(options.apiUsers ?? [])],
      ...(options.admin === undefined ? {} : { admin: options.admin }),
      restApiKeyUrlQuery: options.restApiKeyUrlQuery ?? false,
      lockout: options.lockout ?? { threshold: 3, durationMs: 60_000 },
    },
    vdoms: options.vdoms ?? ['root'],
    maxBodyBytes: options.maxBodyBytes ?? 10_000_000,
    ...(options.feedEntries === undefined ? {} : { feedEntries: options.feedEntries }),
    ...(options.route === undefined ? {} : { route: options.route }),
    managed: options.managed ?? false,
    now: options.now ?? Date.now,
  };
}

function simulated(device: Device, refusals: Refusals): SimulatedDevice {
  return {
    answer: (request) => (refusals.concern(request) ? refusals.answer() : answer(device, request)),
    verdict: (flow) => verdict(device, flow),
    dump: () => device.dump(),
    reset: () => {
      device.reset();
      refusals.clear();
    },
    checkpoint: () => device.checkpoint(),
    failure: (status) =>
      status === 500 ? json(500, { status: 'error', http_status: 500, error: -57 }, false) : html(status),
    throttled: () => html(429),
    recordable,
  };
}

/** The management VDOM's data plane decides; what it decides it also counts. */
function verdict(device: Device, flow: SimulatedFlow): SimulatedVerdict {
  const { route, vdoms, now } = device.settings;
  const store = device.store(vdoms[0]);
  const packet = packetOf({ ...flow, protocol: flow.protocol === 'TCP' ? 6 : 17 });
  if (store === undefined || packet === undefined) return { action: 'Deny', rule: 'implicit' };
  const policy = device.match(store, { ...packet, ...route });
  const accepted = policy?.['action'] === 'accept';
  device.traffic.count(packet, Number(policy?.['policyid'] ?? 0), accepted, now());
  if (policy === undefined) return { action: 'Deny', rule: 'implicit' };
  const name = policy['name'] === '' ? policy['policyid'] : policy['name'];
  return { action: accepted ? 'Accept' : 'Deny', rule: scalar(name) };
}

function recordable(request: SimulatedRequest): { readonly path: string; readonly body: string } {
  const path = request.path.replace(/([?&]access_token=)[^&]*/g, '$1withheld');
  const secret = loginPaths.some((login) => path.startsWith(login));
  return { path, body: secret ? 'withheld' : request.body };
}
