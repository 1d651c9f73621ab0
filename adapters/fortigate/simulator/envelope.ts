import type { SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Call, Reply } from './call.ts';
import type { Device } from './device.ts';
import type { Failure } from './failure.ts';

/** What an answer is about. */
export interface Subject {
  readonly api: 'cmdb' | 'monitor';
  readonly vdom: string;
}

/** The body of a successful answer for one VDOM. Monitor answers have neither revision nor `http_status`. */
export function success(device: Device, call: Call, subject: Subject, reply: Reply): JsonObject {
  const [path = '', name = ''] = call.segments;
  return {
    http_method: call.method,
    ...reply.fields,
    vdom: subject.vdom,
    ...(path === '' ? {} : { path, name }),
    ...(subject.api === 'monitor' ? { action: call.segments.slice(2).join('/') || 'select' } : {}),
    status: 'success',
    ...(subject.api === 'cmdb' ? { http_status: reply.status } : {}),
    ...identity(device),
  };
}

/** The body of a refusal for one VDOM. */
export function refusal(device: Device, call: Call, subject: Subject, failure: Failure): JsonObject {
  const [path = '', name = '', mkey] = call.segments;
  return {
    http_method: call.method,
    ...(subject.api === 'cmdb' && path !== '' ? { revision: device.revision(subject.vdom, `${path}/${name}`) } : {}),
    ...(subject.api === 'cmdb' && call.method !== 'GET' ? { revision_changed: false } : {}),
    ...(failure.code === undefined ? {} : { error: failure.code }),
    ...(failure.status === 404 ? {} : { cli_error: failure.cli }),
    ...(mkey === undefined || subject.api === 'monitor' ? {} : { mkey }),
    vdom: subject.vdom,
    ...(path === '' ? {} : { path, name }),
    status: 'error',
    http_status: statusOf(device, failure),
    ...identity(device),
  };
}

export function statusOf(device: Device, failure: Failure): number {
  return failure.status ?? device.settings.profile.refusedStatus;
}

function identity(device: Device): JsonObject {
  const { version, build } = device.settings.profile;
  return { serial: device.serial, version, build };
}

/** One envelope as it is; several VDOMs, or the global scope, as an array of them. */
export function json(status: number, body: Json, wrote: boolean): SimulatedResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), wrote };
}

const titles: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** What the web server before the API answers by itself. */
export function html(status: number): SimulatedResponse {
  const title = `${status} ${titles[status] ?? 'Error'}`;
  const body = `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${title}</title>\n</head><body>\n<h1>${title}</h1>\n</body></html>\n`;
  return { status, headers: { 'content-type': 'text/html' }, body, wrote: false };
}

/** Not let in: a page or an object, by version. */
export function unauthorized(device: Device): SimulatedResponse {
  if (device.settings.profile.unauthorizedBody === 'html') return html(401);
  return json(401, { status: 'error', http_status: 401, ...identity(device) }, false);
}
