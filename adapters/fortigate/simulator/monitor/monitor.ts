import { mayDo } from '../access.ts';
import type { Call, Reply } from '../call.ts';
import type { Device } from '../device.ts';
import { forbidden, notAllowed, notFound } from '../failure.ts';
import type { AccessGroup } from '../schema.ts';
import type { Store } from '../store.ts';
import { addressEndpoints } from './addresses.ts';
import { feedEndpoints } from './feeds.ts';
import { policyEndpoints } from './policies.ts';
import { sessionEndpoints } from './sessions.ts';
import { systemEndpoints } from './system.ts';

/** What an endpoint is given to answer from. */
export interface Observation {
  readonly device: Device;
  readonly call: Call;
  readonly vdom: string;
  readonly store: Store;
}

export interface Endpoint {
  readonly group: AccessGroup | 'any';
  /** Fields of the envelope: `results`, as a rule. */
  readonly answer: (seen: Observation) => Pick<Reply, 'fields'> & { readonly wrote?: boolean };
}

/** By `METHOD path/name[/action]`. */
export type Endpoints = Readonly<Record<string, Endpoint>>;

const endpoints: Endpoints = {
  ...policyEndpoints,
  ...addressEndpoints,
  ...feedEndpoints,
  ...sessionEndpoints,
  ...systemEndpoints,
};

/** `/api/v2/monitor/<path>/<name>[/<action>]` for one VDOM. */
export function answerMonitor(device: Device, call: Call, vdom: string): Reply {
  const store = device.store(vdom);
  const path = call.segments.join('/');
  const endpoint = endpoints[`${call.method} ${withoutSelect(path, call, device)}`];
  if (endpoint === undefined || store === undefined) {
    const others = ['GET', 'POST'].some((method) => `${method} ${path}` in endpoints);
    throw others && call.method !== 'GET' ? notAllowed() : notFound();
  }
  if (!mayDo(call.user, endpoint.group, call.method)) throw forbidden(`access profile lacks ${endpoint.group}`);
  const { fields, wrote = false } = endpoint.answer({ device, call, vdom, store });
  return { status: 200, fields, wrote };
}

/** Old versions want `/select` behind a read, newer ones do not know it. */
function withoutSelect(path: string, call: Call, device: Device): string {
  if (call.method !== 'GET' || !device.settings.profile.monitorSelect) return path;
  if (path.endsWith('/select')) return path.slice(0, -'/select'.length);
  return call.segments.length > 2 || path === 'system/status' ? path : `${path}/select`;
}
