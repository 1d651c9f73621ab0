import { maxOf } from '../../../../src/core/model/extremes.ts';
import { decodedPath, json, page } from '../../../../kit/simulator/answers.ts';
import type { SimulatedRequest, SimulatedResponse } from '../../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { answerCmdb } from '../cmdb/cmdb.ts';
import { answerTransaction } from '../cmdb/transaction-actions.ts';
import type { Device } from '../device.ts';
import { answerMonitor } from '../monitor/monitor.ts';
import { seesVdom } from './access.ts';
import { bodyOf, type Call, type Reply } from './call.ts';
import { refusal, statusOf, success, unauthorized, type Subject } from './envelope.ts';
import { badRequest, Failure, forbidden, notFound } from './failure.ts';
import { answerLogin } from './login.ts';

/** One request from the first byte to the last. */
export function answer(device: Device, request: SimulatedRequest): SimulatedResponse {
  if (Buffer.byteLength(request.body) > device.settings.maxBodyBytes) return page(413);
  const login = answerLogin(device, request);
  if (login !== undefined) return login;
  const user = device.access.admit(request);
  if (user === 'locked-out') return page(429);
  if (user === 'csrf') return page(403);
  if (user === 'unauthorized') return unauthorized(device);
  const { segments = [], query } = decodedPath(request.path) ?? {};
  const [api, version, kind, ...below] = segments;
  if (query === undefined || api !== 'api' || version !== 'v2') return page(404);
  if (kind !== 'cmdb' && kind !== 'monitor') return page(404);
  const { method, headers, body } = request;
  return answerCall(device, { method, segments: below, query, headers, body, user }, kind);
}

function answerCall(device: Device, call: Call, api: 'cmdb' | 'monitor'): SimulatedResponse {
  const asked = call.query.get('vdom');
  const global = call.query.get('global') === '1' || call.query.get('scope') === 'global';
  const [management = ''] = device.vdoms();
  const wanted = asked === '*' ? device.vdoms() : asked === null || asked === '' ? [management] : asked.split(',');
  const answers = wanted.map((vdom) => answerVdom(device, call, { api, vdom }));
  const status = maxOf(answers.map((one) => one.status));
  const wrote = answers.some((one) => one.wrote);
  // One envelope as it is; several VDOMs, or the global scope, as an array of them.
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
    return { status: 200, body: success(device, call, subject, reply), wrote: reply.wrote };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { status: statusOf(device, error), body: refusal(device, call, subject, error), wrote: false };
  }
}

function replyOf(device: Device, call: Call, { api, vdom: name }: Subject): Reply {
  const vdom = device.vdom(name);
  if (vdom === undefined || !seesVdom(call.user, name)) throw forbidden(`no access to VDOM ${name}`);
  if (!['GET', 'POST', 'PUT', 'DELETE'].includes(call.method)) throw badRequest(`invalid request: ${call.method}`);
  // A body that is not an object is refused whatever it is for. A DELETE has none: fortinet.fortios sends `null`.
  if (call.method === 'POST' || call.method === 'PUT') bodyOf(call);
  if (api === 'monitor') return answerMonitor(device, call, vdom);
  if (call.segments.length === 0) return answerTransaction(device, call, vdom);
  if (call.segments.length === 1) throw notFound();
  return answerCmdb(device, call, vdom);
}
