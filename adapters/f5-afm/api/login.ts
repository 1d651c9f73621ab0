import { unlessRefused } from '../../../kit/common/api/answers.ts';
import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { Tokens, type Token } from '../../../kit/common/api/tokens.ts';
import type { AdapterDeps, Clock } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { HttpClient } from '../../../src/adapter/http/client.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { readAnswer } from './answer.ts';

/** Default and maximum lifetime of a token in seconds, counted from the login. */
const firstLife = 1_200;
const longestLife = 36_000;

interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly loginProviderName: string;
}

type LoginDeps = Pick<AdapterDeps, 'clock' | 'credentials'>;

/**
 * Gets tokens. A user has at most 100, so one is kept, made to live longer while it is in use, and deleted at the end; what
 * a crash leaves ends after 20 minutes.
 */
export class Login {
  readonly tokens: Tokens;
  readonly #http: HttpClient;
  readonly #credentials: Credentials;
  readonly #clock: Clock;
  readonly #known: LoginDeps['credentials'];
  #aheadMs: number | undefined;

  constructor(http: HttpClient, credentials: Credentials, { clock, credentials: known }: LoginDeps) {
    this.#http = http;
    this.#credentials = credentials;
    this.#clock = clock;
    this.#known = known;
    this.tokens = new Tokens(
      { logIn: (signal) => this.#logIn(signal), extend: (token, age, signal) => this.#extend(token, age, signal) },
      clock,
    );
  }

  /** By how much the device's clock was ahead of ours at the last login, in milliseconds; undefined: it does not tell. */
  get aheadMs(): number | undefined {
    return this.#aheadMs;
  }

  /** Gives the token back. */
  async end(signal: AbortSignal): Promise<void> {
    const token = this.tokens.take();
    if (token !== undefined) await this.#send('DELETE', tokenPath(token), { signal, token });
  }

  async #logIn(signal: AbortSignal): Promise<Token> {
    const loggedInMs = this.#clock.elapsed();
    const answer = await this.#send('POST', '/mgmt/shared/authn/login', { signal, body: { ...this.#credentials } });
    const token = answer['token'];
    const value = isObject(token) ? textOf(token['token']) : '';
    if (!isObject(token) || !/^[\x21-\x7e]+$/.test(value)) {
      throw new AdapterError('transient', 'POST /mgmt/shared/authn/login: the device gives no token.', { status: 200 });
    }
    this.#known?.add(value);
    const [told, micros] = [token['timeout'], token['lastUpdateMicros']];
    // eslint-disable-next-line no-restricted-syntax -- how far two clocks are apart
    this.#aheadMs = typeof micros === 'number' && micros > 0 ? micros / 1_000 - this.#clock.now() : undefined;
    return { value, loggedInMs, lifeSeconds: typeof told === 'number' && told > 0 ? told : firstLife };
  }

  /** A token that can no longer be extended is left to expire. */
  async #extend(old: Token, age: number, signal: AbortSignal): Promise<Token | undefined> {
    const timeout = Math.ceil(age) + firstLife;
    if (timeout > longestLife) return undefined;
    const sent = this.#send('PATCH', tokenPath(old.value), { signal, body: { timeout }, token: old.value });
    const answer = await unlessRefused(sent, 'auth', 'not-found', 'forbidden', 'invalid');
    return answer && { ...old, lifeSeconds: timeout };
  }

  async #send(
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    { signal, body, token }: { readonly signal: AbortSignal; readonly body?: JsonObject; readonly token?: string },
  ): Promise<JsonObject> {
    const template = path.startsWith('/mgmt/shared/authz/') ? '/mgmt/shared/authz/tokens/{token}' : path;
    const headers = token === undefined ? {} : { 'X-F5-Auth-Token': token };
    const request = { method, path, template, signal, headers, ...(body && { body: JSON.stringify(body) }) };
    return readAnswer(await this.#http.request(request), `${method} ${template}`);
  }
}

function tokenPath(value: string): string {
  return `/mgmt/shared/authz/tokens/${encodeURIComponent(value)}`;
}
