import { page } from '../../../../kit/simulator/answers.ts';
import type { SimulatedRequest, SimulatedResponse } from '../../../../kit/simulator/simulated-device.ts';
import type { Device } from '../device.ts';
import { answerConfiguration, refuseNames, refuseTags } from '../objects/configuration.ts';
import { answerSystem } from '../system/system.ts';
import { answerTransaction } from '../transactions/actions.ts';
import { decodedUri, read, type Call, type Reply } from './call.ts';
import { answered, refusal, restarting } from './envelope.ts';
import { notAllowed, Rejection, unregistered } from './failure.ts';
import { answerLogin, answerToken, loginPath } from './login.ts';

/** One request from the first byte to the last. */
export function answer(device: Device, request: SimulatedRequest): SimulatedResponse {
  if (device.boot === 'restarting') return restarting();
  const url = new URL(request.path, 'https://device');
  if (!url.pathname.startsWith('/mgmt/')) return page(404);
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
  refuseNames(device.refused, call);
  return carryOut(device, call);
}

/** A request for the running configuration itself. */
export function carryOut(device: Device, call: Call): Reply {
  return device.change(() => answerConfiguration(device.workspace(), device.renderer, call));
}

/**
 * `/mgmt/shared/appsvcs/...`: whether a partition belongs to the declarative extension. It lists its tenants; 204 where
 * it has none, and there is no answer if it is not installed.
 */
function answerShared(device: Device, call: Call): Reply {
  const tenants = device.settings.as3Tenants;
  const [, extension, what, wanted] = call.segments;
  if (extension !== 'appsvcs' || tenants === undefined) throw unregistered(`/${call.segments.join('/')}`);
  if (call.method !== 'GET') throw notAllowed(call.method);
  if (what === 'info')
    return read({ version: '3.56.0', release: '10', schemaCurrent: '3.56.0', schemaMinimum: '3.0.0' });
  if (what !== 'declare') throw unregistered(`/${call.segments.join('/')}`);
  const shown = tenants.filter((tenant) => wanted === undefined || wanted.split(',').includes(tenant));
  if (shown.length === 0 && wanted !== undefined) throw new Rejection(404, `specified Tenant(s) '${wanted}' not found`);
  if (shown.length === 0) return { status: 204, body: undefined, wrote: false };
  const declared = shown.map((tenant) => [tenant, { class: 'Tenant' }] as const);
  return read({ class: 'ADC', schemaVersion: '3.56.0', updateMode: 'selective', ...Object.fromEntries(declared) });
}
