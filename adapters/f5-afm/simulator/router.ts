import type { SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { Call, Reply } from './call.ts';
import { answerConfiguration, refuseTags } from './configuration.ts';
import type { Device } from './device.ts';
import { answered, page, refusal, restarting } from './envelope.ts';
import { unregistered } from './failure.ts';
import { answerLogin, answerToken, loginPath } from './login.ts';
import { decodedUri } from './paths.ts';
import { answerShared } from './shared.ts';
import { answerSystem } from './system.ts';
import { answerTransaction } from './transaction-actions.ts';

/** One request from the first byte to the last. */
export function answer(device: Device, request: SimulatedRequest): SimulatedResponse {
  if (device.boot === 'restarting') return restarting();
  const url = new URL(request.path, 'https://device');
  if (!url.pathname.startsWith('/mgmt/')) return page(404, 'Not Found');
  try {
    if (device.boot === 'unregistered') throw unregistered(url.pathname);
    return answered(replyTo(device, request, url));
  } catch (error) {
    return refusal(error, request.path, device.settings.profile.errorBody);
  }
}

function replyTo(device: Device, request: SimulatedRequest, url: URL): Reply {
  if (url.pathname.replace(/\/$/, '') === loginPath) return answerLogin(device, request);
  const user = device.access.admit(request);
  const { segments, query } = decodedUri(request.path);
  const call: Call = { method: request.method, segments, query, body: request.body, user };
  if (segments[0] === 'shared') return segments[1] === 'authz' ? answerToken(device, call) : answerShared(device, call);
  if (segments[0] !== 'tm') throw unregistered(url.pathname);
  if (call.method !== 'GET') refuseTags(call.body, ...segments);
  const coordination = request.headers['x-f5-rest-coordination-id'];
  const special = answerTransaction(device, call, { coordination, uri: request.path }) ?? answerSystem(device, call);
  if (special !== undefined) return special;
  return execute(device, call);
}

function execute(device: Device, call: Call): Reply {
  device.refusals.check(call);
  return carryOut(device, call);
}

/** A request for the running configuration itself. */
export function carryOut(device: Device, call: Call): Reply {
  device.prepare();
  const reply = answerConfiguration(device.workspace(), device.renderer, call);
  if (reply.wrote) device.changed();
  return reply;
}
