import { json, page } from '../../../../kit/simulator/answers.ts';
import type { SimulatedRequest, SimulatedResponse } from '../../../../kit/simulator/simulated-device.ts';
import { isObject } from '../../../../kit/simulator/tables/rows.ts';
import type { Device } from '../device.ts';
import type { Session } from './access.ts';
import { unauthorized } from './envelope.ts';

const jsonLogin = '/api/v2/authentication';
const formLogin = '/logincheck';

/** The two ways to log in with a password, and out again; undefined for every other path. */
export function answerLogin(device: Device, request: SimulatedRequest): SimulatedResponse | undefined {
  switch (`${request.method} ${request.path.split('?')[0] ?? ''}`) {
    case `POST ${jsonLogin}`:
      return authenticate(device, request);
    case `POST ${formLogin}`:
      return loginCheck(device, request);
    case `GET ${formLogin}`:
      return plain('0');
    case `DELETE ${jsonLogin}`:
    case 'POST /logout':
    case 'GET /logout':
      device.access.logout(request);
      return plain('');
    default:
      return undefined;
  }
}

/** JSON in, JSON out, since 6.4. */
function authenticate(device: Device, request: SimulatedRequest): SimulatedResponse {
  const form = parsed(request.body);
  const session = device.access.login(request, form['username'], form['secretkey']);
  if (session === 'locked-out') return page(429);
  if (session === 'unauthorized') {
    return { ...unauthorized(device), body: JSON.stringify({ status_code: -1, status_message: 'LOGIN_FAILED' }) };
  }
  const body = { status_code: 5, status_message: 'LOGIN_SUCCESS', session_key: session.key };
  return withCookies(json(200, body), session);
}

/** A form in; `1` and cookies out. */
function loginCheck(device: Device, request: SimulatedRequest): SimulatedResponse {
  const form = new URLSearchParams(request.body);
  const session = device.access.login(request, form.get('username'), form.get('secretkey'));
  if (session === 'locked-out') return page(429);
  if (session === 'unauthorized') return plain('0');
  return withCookies(plain('1document.location="/prompt?viewOnly&redir=%2F";'), session);
}

function withCookies(response: SimulatedResponse, session: Session): SimulatedResponse {
  // One header for both: names differ by port on a real device, and values are quoted.
  const cookie = `session_key_443="${session.key}"; path=/; secure; httponly, ccsrftoken_443="${session.csrf}"; path=/; secure`;
  return { ...response, headers: { ...response.headers, 'set-cookie': cookie } };
}

function plain(body: string): SimulatedResponse {
  return { status: 200, headers: { 'content-type': 'text/plain' }, body, wrote: false };
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(body) as unknown;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** A request as it may be written down: tokens and passwords are withheld. */
export function recordable({ path, body }: SimulatedRequest): { readonly path: string; readonly body: string } {
  const secret = [jsonLogin, formLogin].some((login) => path.startsWith(login));
  return { path: path.replace(/([?&]access_token=)[^&]*/g, '$1withheld'), body: secret ? 'withheld' : body };
}
