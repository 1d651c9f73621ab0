import type { SimulatedRequest } from '../../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Device } from '../device.ts';
import type { Token } from './access.ts';
import { bodyOf, read, type Call, type Reply } from './call.ts';
import { notAllowed, Rejection, unregistered } from './failure.ts';

export const loginPath = '/mgmt/shared/authn/login';

/** Is this about tokens, and not about the configuration? */
export function isLogin(path: string): boolean {
  return path.startsWith(loginPath) || path.includes('/authz/');
}

/** `POST /mgmt/shared/authn/login`: needs no authentication, gives a token. */
export function answerLogin(device: Device, { method, body, remoteAddress }: SimulatedRequest): Reply {
  if (method !== 'POST') throw notAllowed(method);
  const { username, password } = bodyOf({ body });
  const token = device.access.login(username, password, remoteAddress);
  const link = 'https://localhost/mgmt/cm/system/authn/providers/tmos/1f44a60e-11a7-3c51-a49f-82983026b41b/login';
  return read({
    username: token.user.name,
    loginReference: { link },
    loginProviderName: 'tmos',
    token: shown(token),
    generation: 0,
    lastUpdateMicros: 0,
  });
}

/** `/mgmt/shared/authz/tokens/<token>`: look at it, extend it, give it back. */
export function answerToken(device: Device, call: Call): Reply {
  const text = call.segments[3];
  if (text === undefined) {
    if (call.method !== 'GET') throw notAllowed(call.method);
    return read({
      items: device.access.tokens(call.user).map(shown),
      kind: 'shared:authz:tokens:authtokencollectionstate',
    });
  }
  const token = device.access.find(text);
  if (token === undefined) throw new Rejection(404, `Object not found - /shared/authz/tokens`);
  switch (call.method) {
    case 'GET':
      return read(shown(token));
    case 'PATCH': {
      const { timeout } = bodyOf(call);
      const seconds = typeof timeout === 'string' && /^\d+$/.test(timeout) ? Number(timeout) : timeout;
      if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1) {
        throw new Rejection(400, 'timeout must be a positive number of seconds');
      }
      return read(shown(device.access.extend(token, seconds)));
    }
    case 'DELETE':
      device.access.forget(text);
      return read(shown(token));
    default:
      throw unregistered(`/${call.segments.join('/')}`);
  }
}

function shown({ token, user, startedAt, timeout, address }: Token): JsonObject {
  return {
    token,
    name: token,
    userName: user.name,
    authProviderName: 'tmos',
    user: { link: `https://localhost/mgmt/shared/authz/users/${user.name}` },
    timeout,
    startTime: new Date(startedAt).toISOString().replace('Z', '-0000'),
    address,
    partition: '[All]',
    generation: 1,
    lastUpdateMicros: startedAt * 1_000,
    expirationMicros: (startedAt + timeout * 1_000) * 1_000,
    kind: 'shared:authz:tokens:authtokenitemstate',
    selfLink: `https://localhost/mgmt/shared/authz/tokens/${token}`,
  };
}

/** The body of a login, and the token in a path, without what must not be written down. */
export function recordable(request: SimulatedRequest): { readonly path: string; readonly body: string } {
  const path = request.path.replace(/(\/authz\/tokens\/)[^/?]+/, '$1withheld');
  return { path, body: request.path.startsWith(loginPath) ? 'withheld' : request.body };
}
