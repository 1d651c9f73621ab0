import { deviceHttp } from '../../../kit/common/api/connection.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { HttpClient, HttpResponse } from '../../../src/adapter/http/client.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { readAnswer } from './answer.ts';
import type { F5AfmConfig } from '../config.ts';
import { Login } from './login.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Collection below `/mgmt/`: `tm/security/firewall/address-list`. */
  readonly collection: string;
  /** Full path of one object, `/postern/pn-east-rules`; or the id of what has no path. */
  readonly object?: string;
  /** Collection below that object, and the name of one in it. */
  readonly child?: readonly [collection: string, name?: string];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  /** Id of the transaction that it is part of. */
  readonly transaction?: string;
}

/** Asks the device one thing. @throws AdapterError when it refuses or does not answer */
export type Ask = (call: Call) => Promise<JsonObject>;

/** The iControl REST API of one BIG-IP: paths, the token and what answers mean, and nothing of what they are used for. */
export class F5Client {
  readonly #http: HttpClient;
  readonly #login: Login;

  /** @throws AdapterError `auth` when the secret lacks the username or the password */
  constructor(config: F5AfmConfig, deps: Pick<AdapterDeps, 'secret' | 'clock' | 'pace' | 'onRequest' | 'credentials'>) {
    const { secret } = deps;
    const username = secret['username']?.trim() ?? '';
    // An editor ends a file with a line break, which is no part of the password.
    const password = secret['password']?.replace(/[\r\n]+$/, '') ?? '';
    if (username === '' || password === '') {
      throw new AdapterError(
        'auth',
        'The secret of this enforcement point needs "username" and "password" of a BIG-IP user.',
      );
    }
    this.#http = deviceHttp(config, deps, { maxSockets: 2 });
    this.#login = new Login(this.#http, { username, password, loginProviderName: config.loginProvider }, deps);
  }

  /** What was refused for its token was not done: it is asked once more with a new one. */
  async ask(call: Call, signal: AbortSignal): Promise<JsonObject> {
    const token = await this.#login.tokens.current(signal);
    const response = await this.#request(call, token, signal);
    if (!isStale(response)) return readAnswer(response, nameOf(call));
    this.#login.tokens.forget(token);
    const renewed = await this.#login.tokens.current(signal);
    return readAnswer(await this.#request(call, renewed, signal), nameOf(call));
  }

  /** By how much the device's clock is ahead of ours, in milliseconds; undefined: that is not known. */
  get aheadMs(): number | undefined {
    return this.#login.aheadMs;
  }

  /** Gives the token back, if the device still answers, and ends the connections. */
  async close(): Promise<void> {
    await this.#login.end(AbortSignal.timeout(farewellMs)).catch(() => undefined);
    this.#http.close();
  }

  async #request(call: Call, token: string, signal: AbortSignal): Promise<HttpResponse> {
    const { method, transaction, body } = call;
    return await this.#http.request({
      method,
      path: pathOf(call),
      template: templateOf(call),
      signal,
      headers: {
        'X-F5-Auth-Token': token,
        ...(transaction !== undefined && { 'X-F5-REST-Coordination-Id': transaction }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}

const farewellMs = 5_000;

/** 401 is also said to users who may not do something. */
function isStale({ status, body }: HttpResponse): boolean {
  return status === 401 && !body.includes('Authorization failed: user=');
}

function pathOf({ collection, object, child, query = {} }: Call): string {
  const parts = [object?.replaceAll('/', '~'), ...(child ?? [])].filter((part) => part !== undefined);
  const path = ['/mgmt', collection, ...parts.map((part) => encodeURIComponent(part))].join('/');
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return parameters.length === 0 ? path : `${path}?${parameters.join('&')}`;
}

function templateOf({ collection, object, child }: Call): string {
  const parts = [object && '{name}', child?.[0], child?.[1] && '{name}'];
  return ['/mgmt', collection, ...parts.filter((part) => part !== undefined && part !== '')].join('/');
}

function nameOf(call: Call): string {
  return `${call.method} ${templateOf(call)}`;
}
