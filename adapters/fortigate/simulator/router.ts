import type { SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { seesVdom } from './access.ts';
import { bodyOf, type Call, type Reply } from './call.ts';
import { answerCmdb } from './cmdb.ts';
import type { Device } from './device.ts';
import { html, json, refusal, statusOf, success, unauthorized, type Subject } from './envelope.ts';
import { badRequest, Failure, forbidden, notFound } from './failure.ts';
import { answerLogin } from './login.ts';
import { answerMonitor } from './monitor/monitor.ts';
import { answerTransaction } from './transaction-actions.ts';

/** One request from the first byte to the last. */
export function answer(device: Device, request: SimulatedRequest): SimulatedResponse {
  const url = new URL(request.path, 'https://device');
  if (Buffer.byteLength(request.body) > device.settings.maxBodyBytes) return html(413);
  const login = answerLogin(device, request, url.pathname);
  if (login !== undefined) return login;
  const admission = device.access.admit(request);
  if (!admission.admitted) {
    if (admission.why === 'locked-out') return html(429);
    return admission.why === 'csrf' ? html(403) : unauthorized(device);
  }
  const match = /^\/api\/v2\/(cmdb|monitor)(?:\/(.*))?$/.exec(url.pathname);
  const segments = decoded(match?.[2] ?? '');
  if (match === null || segments === undefined) return html(404);
  const { method, headers, body } = request;
  const call: Call = { method, segments, query: url.searchParams, headers, body, user: admission.user };
  return answerCall(device, call, match[1] === 'monitor' ? 'monitor' : 'cmdb');
}

function answerCall(device: Device, call: Call, api: 'cmdb' | 'monitor'): SimulatedResponse {
  const asked = call.query.get('vdom');
  const global = call.query.get('global') === '1' || call.query.get('scope') === 'global';
  const [management = ''] = device.vdoms();
  const wanted = asked === '*' ? device.vdoms() : asked === null || asked === '' ? [management] : asked.split(',');
  const answers = wanted.map((vdom) => answerVdom(device, call, { api, vdom }));
  const status = Math.max(...answers.map((one) => one.status));
  const wrote = answers.some((one) => one.wrote);
  const many = global || asked === '*' || wanted.length > 1;
  return json(status, many ? answers.map((one) => one.body) : (answers[0]?.body ?? {}), wrote);
}

function answerVdom(
  device: Device,
  call: Call,
  subject: Subject,
): { readonly status: number; readonly body: JsonObject; readonly wrote: boolean } {
  try {
    const reply = replyOf(device, call, subject);
    return { status: reply.status, body: success(device, call, subject, reply), wrote: reply.wrote };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { status: statusOf(device, error), body: refusal(device, call, subject, error), wrote: false };
  }
}

function replyOf(device: Device, call: Call, { api, vdom }: Subject): Reply {
  if (device.store(vdom) === undefined || !seesVdom(call.user, vdom)) throw forbidden(`no access to VDOM ${vdom}`);
  if (!['GET', 'POST', 'PUT', 'DELETE'].includes(call.method)) throw badRequest(`invalid request: ${call.method}`);
  // A body that is not an object is refused whatever it is for. A DELETE has none: fortinet.fortios sends `null`.
  if (call.method === 'POST' || call.method === 'PUT') bodyOf(call);
  if (api === 'monitor') return answerMonitor(device, call, vdom);
  if (call.segments.length === 0) return answerTransaction(device, call, vdom);
  if (call.segments.length === 1) throw notFound();
  return answerCmdb(device, call, vdom);
}

function decoded(path: string): readonly string[] | undefined {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
