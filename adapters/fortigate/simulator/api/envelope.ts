import { json, page } from '../../../../kit/simulator/answers.ts';
import type { SimulatedResponse } from '../../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Device } from '../device.ts';
import type { Call, Reply } from './call.ts';
import type { Failure } from './failure.ts';

/** What an answer is about. */
export interface Subject {
  readonly api: 'cmdb' | 'monitor';
  readonly vdom: string;
}

/** The body of a successful answer for one VDOM. Monitor answers have neither revision nor `http_status`. */
export function success(device: Device, call: Call, { api, vdom }: Subject, reply: Reply): JsonObject {
  return {
    http_method: call.method,
    ...reply.fields,
    vdom,
    ...place(call),
    ...(api === 'monitor' ? { action: call.segments.slice(2).join('/') || 'select' } : { http_status: 200 }),
    status: 'success',
    ...device.identity,
  };
}

/** The body of a refusal for one VDOM. */
export function refusal(device: Device, call: Call, { api, vdom }: Subject, failure: Failure): JsonObject {
  const [path = '', name = '', mkey] = call.segments;
  const cmdb = api === 'cmdb';
  return {
    http_method: call.method,
    ...(cmdb && path !== '' ? { revision: device.revision(vdom, `${path}/${name}`) } : {}),
    ...(cmdb && call.method !== 'GET' ? { revision_changed: false } : {}),
    ...(failure.code === undefined ? {} : { error: failure.code }),
    ...(failure.status === 404 ? {} : { cli_error: failure.cli }),
    ...(cmdb && mkey !== undefined ? { mkey } : {}),
    vdom,
    ...place(call),
    status: 'error',
    http_status: statusOf(device, failure),
    ...device.identity,
  };
}

function place({ segments: [path, name = ''] }: Call): JsonObject {
  return path === undefined ? {} : { path, name };
}

export function statusOf(device: Device, failure: Failure): number {
  return failure.status ?? device.settings.profile.refusedStatus;
}

/** Not let in: a page or an object, by version. */
export function unauthorized(device: Device): SimulatedResponse {
  if (device.settings.profile.unauthorizedBody === 'html') return page(401);
  return json(401, { status: 'error', http_status: 401, ...device.identity });
}
