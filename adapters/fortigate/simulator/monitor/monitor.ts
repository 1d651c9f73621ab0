import { mayDo } from '../api/access.ts';
import type { Call, Reply } from '../api/call.ts';
import { forbidden, notAllowed, notFound } from '../api/failure.ts';
import type { Device } from '../device.ts';
import type { Vdom } from '../vdom.ts';
import { addressEndpoints } from './addresses.ts';
import type { Endpoint, Endpoints } from './endpoint.ts';
import { feedEndpoints } from './feeds.ts';
import { policyEndpoints } from './policies.ts';
import { sessionEndpoints } from './sessions.ts';
import { systemEndpoints } from './system.ts';

const endpoints: Endpoints = {
  ...policyEndpoints,
  ...addressEndpoints,
  ...feedEndpoints,
  ...sessionEndpoints,
  ...systemEndpoints,
};

/** `/api/v2/monitor/<path>/<name>[/<action>]` for one VDOM. */
export function answerMonitor(device: Device, call: Call, vdom: Vdom): Reply {
  const path = call.segments.join('/');
  const of = (method: string, name: string): Endpoint | undefined => {
    const found = endpoints[`${method} ${name}`];
    return found?.in?.(device.settings.profile) === false ? undefined : found;
  };
  const endpoint = of(call.method, withoutSelect(path, call, device));
  if (endpoint === undefined) {
    throw call.method !== 'GET' && (of('GET', path) ?? of('POST', path)) !== undefined ? notAllowed() : notFound();
  }
  if (!mayDo(call.user, endpoint.group, call.method)) throw forbidden(`access profile lacks ${endpoint.group}`);
  const results = endpoint.answer({ device, call, vdom });
  return { fields: results === undefined ? {} : { results }, wrote: endpoint.wrote?.(results) ?? false };
}

/** Old versions want `/select` behind a read, newer ones do not know it. */
function withoutSelect(path: string, call: Call, device: Device): string {
  if (call.method !== 'GET' || !device.settings.profile.monitorSelect) return path;
  if (path.endsWith('/select')) return path.slice(0, -'/select'.length);
  return call.segments.length > 2 || path === 'system/status' ? path : `${path}/select`;
}
