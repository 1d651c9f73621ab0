import { randomBytes } from 'node:crypto';
import { serveSimulator } from '../../../kit/simulator/http.ts';
import type { SimulatedDevice } from '../../../kit/simulator/simulated-device.ts';
import type { Simulator } from '../../../kit/simulator/simulator.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { User } from './api/access.ts';
import { decodedUri } from './api/call.ts';
import { broken, overloaded, postponed } from './api/envelope.ts';
import { isLogin, recordable } from './api/login.ts';
import { answer, carryOut } from './api/router.ts';
import { Device } from './device.ts';
import { settingsOf, type F5AfmOptions } from './settings.ts';

export type { F5AfmOptions } from './settings.ts';

/** A BIG-IP with AFM to practise on, with the hands of a foreign administrator. */
export interface F5AfmSimulator extends Simulator {
  /**
   * Changes by another administrator, under the same rules as through the API.
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
    refuse: (name) => device.refused.add(name),
    postpone: (times) => (device.postponed = times),
    reboot: () => device.reboot(),
    failover: () => (device.standby = !device.standby),
  };
}

/** A BIG-IP resolves names only by a resolver that its administrator has named. */
export function nameResolver(administer: F5AfmSimulator['administer']): void {
  administer('POST', '/mgmt/tm/net/dns-resolver', { name: 'edge', partition: 'Common', routeDomain: '/Common/0' });
  administer('PATCH', '/mgmt/tm/security/firewall/global-fqdn-policy', { dnsResolver: '/Common/edge' });
}

function simulated(device: Device): SimulatedDevice {
  return {
    answer: (request) => {
      if (device.postponed === 0 || request.method === 'GET' || isLogin(request.path)) return answer(device, request);
      device.postponed -= 1;
      return postponed();
    },
    verdict: (flow) => device.verdict(flow),
    dump: () => device.dump(),
    reset: () => device.reset(),
    checkpoint: () => device.checkpoint(),
    failure: broken,
    throttled: overloaded,
    recordable,
  };
}
