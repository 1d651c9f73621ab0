import { randomBytes } from 'node:crypto';
import type { SimulatedDevice } from '../../../kit/simulator/simulated-device.ts';
import { serveSimulator } from '../../../kit/simulator/http.ts';
import type { SimulatedFlow, SimulatedVerdict, Simulator, SimulatorOptions } from '../../../kit/simulator/simulator.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { User } from './access.ts';
import { Device, type DeviceSettings, type HighAvailability, type Provisioning } from './device.ts';
import { broken, overloaded } from './envelope.ts';
import { recordable } from './login.ts';
import { judge, noKnowledge, packetOf, type Knowledge } from './packet.ts';
import { decodedUri } from './paths.ts';
import { profileOf } from './profile.ts';
import { answer, carryOut } from './router.ts';
import { schemasOf } from './tables/schemas.ts';

export interface F5AfmOptions extends SimulatorOptions {
  /** TMOS, `17.1.1` (the default) or `16.1`. */
  readonly version?: string;
  /** Role and partition of the user in `credentials`; absent: an administrator of everything. */
  readonly user?: Pick<User, 'role' | 'partition'>;
  /** More users beside that one. */
  readonly users?: readonly User[];
  /** Life of a token as it is given out, seconds; 1,200 if absent. */
  readonly tokenSeconds?: number;
  /** 100 if absent. */
  readonly tokensPerUser?: number;
  /** How long the rule compiler takes; until then packets are judged by the rules before. Absent: no time at all. */
  readonly compileMs?: number;
  /** How long after a change the compiler still reports `quiescent` before it begins; absent: it begins at once. */
  readonly compileAfterMs?: number;
  /** How AFM is provisioned; `nominal` if absent. */
  readonly afm?: Provisioning;
  /** How long after a reboot only 503 and 404 are answered; absent: no time at all. */
  readonly bootMs?: number;
  /** What meets a packet about which no rule decides: `drop` (firewall mode) if absent; ADC mode has `accept`. */
  readonly defaultAction?: 'accept' | 'drop' | 'reject';
  /** Where flows come in; absent: route domain 0, `/Common/internal`. */
  readonly route?: { readonly routeDomain?: number; readonly vlan?: string };
  /** A pair; absent: a device alone. */
  readonly ha?: HighAvailability;
  /** AS3 is installed and owns these partitions; absent: it is not installed. */
  readonly as3Tenants?: readonly string[];
  /** Milliseconds since the epoch; for tests that need another time. */
  readonly now?: () => number;
}

/** A BIG-IP with AFM to practise on, with the hands of a foreign administrator. */
export interface F5AfmSimulator extends Simulator {
  /**
   * What another administrator does behind everybody's back, under the same rules as through the API.
   *
   * @param path as in the API, `/mgmt/tm/security/firewall/address-list/~Common~x`
   * @returns the body of the answer; undefined where it has none
   * @throws Failure where the device refuses
   */
  administer(method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: JsonObject): Json | undefined;
  /** From now on every write to the object or rule of this name is refused as a configuration error, until a reset. */
  refuse(name: string): void;
  /** The next writes are answered `202 Accepted` and never carried out. */
  postpone(times: number): void;
  /** Unsaved changes, tokens, transactions and counters are gone. */
  reboot(): void;
  /** The other device of the pair becomes the active one, or this one again. */
  failover(): void;
}

export async function startF5Afm(options: F5AfmOptions): Promise<F5AfmSimulator> {
  const credentials = { username: 'postern', password: randomBytes(15).toString('base64url') };
  const administrator: User = { name: credentials.username, password: credentials.password, ...options.user };
  const settings = settingsOf(options, administrator);
  const device = new Device(settings);
  const identity = { kind: 'f5-afm', version: settings.profile.version, credentials };
  const served = await serveSimulator(identity, simulated(device), options);
  const administer: F5AfmSimulator['administer'] = (method, path, body) => {
    const call = { method, ...decodedUri(path), body: body === undefined ? '' : JSON.stringify(body) };
    return carryOut(device, { ...call, user: { name: 'admin', password: '' } }).body;
  };
  if (options.prepared === true) nameResolver(administer);
  return {
    ...served,
    administer,
    refuse: (name) => device.refusals.add(name),
    postpone: (times) => device.refusals.postpone(times),
    reboot: () => device.reboot(),
    failover: () => (device.standby = !device.standby),
  };
}

/** A BIG-IP resolves names only by a resolver that its administrator has named. */
export function nameResolver(administer: F5AfmSimulator['administer']): void {
  administer('POST', '/mgmt/tm/net/dns-resolver', { name: 'edge', partition: 'Common', routeDomain: '/Common/0' });
  administer('PATCH', '/mgmt/tm/security/firewall/global-fqdn-policy', { dnsResolver: '/Common/edge' });
}

function settingsOf(options: F5AfmOptions, administrator: User): DeviceSettings {
  const profile = profileOf(options.version);
  return {
    profile,
    schemas: schemasOf(profile, options.defaultAction ?? 'drop'),
    users: [administrator, ...(options.users ?? [])],
    tokenSeconds: options.tokenSeconds ?? 1_200,
    tokensPerUser: options.tokensPerUser ?? 100,
    compiler: { beginMs: options.compileAfterMs ?? 0, compileMs: options.compileMs ?? 0 },
    afm: options.afm ?? 'nominal',
    bootMs: options.bootMs ?? 0,
    route: { routeDomain: options.route?.routeDomain ?? 0, vlan: options.route?.vlan ?? '/Common/internal' },
    ha: options.ha,
    as3Tenants: options.as3Tenants,
    now: options.now ?? Date.now,
  };
}

function simulated(device: Device): SimulatedDevice {
  const known = noKnowledge();
  return {
    answer: (request) => device.refusals.postponed(request) ?? answer(device, request),
    verdict: (flow) => verdict(device, flow, known),
    dump: () => device.dump(),
    reset: () => device.reset(),
    checkpoint: () => device.checkpoint(),
    failure: broken,
    throttled: overloaded,
    recordable,
  };
}

function verdict(device: Device, flow: SimulatedFlow, known: Knowledge): SimulatedVerdict {
  const packet = packetOf(flow, flow.protocol === 'TCP' ? 6 : 17, device.settings.route);
  if (packet === undefined) return { action: 'Deny', rule: 'implicit' };
  const { accepted, rule, hits } = judge(device.effective, packet, known, device.settings.now());
  for (const hit of hits) device.traffic.count(hit);
  return { action: accepted ? 'Accept' : 'Deny', rule: rule ?? 'implicit' };
}
