import type { Clock } from '../../src/adapter/adapter.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { HttpClient } from '../../src/adapter/http.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import { isClass, readAnswer } from './answer.ts';
import { isObject, textOf } from './native.ts';

/** Seconds that a token lives when nobody asks for more, and the most that can be asked for, both counted from the login. */
const firstLife = 1_200;
const longestLife = 36_000;
/** A token is renewed when this part of its life is over. */
const renewAt = 0.8;

interface Token {
  readonly value: string;
  readonly loggedInMs: number;
  /** Counted from the login. */
  readonly lifeSeconds: number;
}

export interface Login {
  readonly username: string;
  readonly password: string;
  readonly loginProviderName: string;
}

/**
 * The one token of a session. A user has at most 100, so it is kept, made to live longer while it is in use, and deleted
 * at the end; what a crash leaves ends after 20 minutes.
 */
export class Tokens {
  readonly #http: HttpClient;
  readonly #login: Login;
  readonly #clock: Clock;
  #token: Token | undefined;
  #aheadMs: number | undefined;
  #coming: Promise<Token> | undefined;

  constructor(http: HttpClient, login: Login, clock: Clock) {
    this.#http = http;
    this.#login = login;
    this.#clock = clock;
  }

  /** A token that is good for a while. @throws AdapterError when there is none to be had */
  async current(signal: AbortSignal): Promise<string> {
    if (this.#token !== undefined && this.#ageSeconds(this.#token) < renewAt * this.#token.lifeSeconds)
      return this.#token.value;
    // Whoever comes meanwhile waits for the same one.
    this.#coming ??= this.#renewed(signal).finally(() => (this.#coming = undefined));
    this.#token = await this.#coming;
    return this.#token.value;
  }

  /** By how much the device's clock was ahead of ours at the last login, in milliseconds; undefined: it does not tell. */
  get aheadMs(): number | undefined {
    return this.#aheadMs;
  }

  /** The device does not know this token any more. */
  forget(value: string): void {
    if (this.#token?.value === value) this.#token = undefined;
  }

  /** Gives the token back. */
  async end(signal: AbortSignal): Promise<void> {
    const token = this.#token;
    this.#token = undefined;
    if (token === undefined) return;
    await this.#send('DELETE', tokenPath(token.value), { signal, token: token.value });
  }

  async #renewed(signal: AbortSignal): Promise<Token> {
    const old = this.#token;
    if (old === undefined) return await this.#logIn(signal);
    const age = this.#ageSeconds(old);
    // One that nobody could extend any more, or that is over, is left to end by itself.
    if (age >= old.lifeSeconds || age + firstLife > longestLife) return await this.#logIn(signal);
    try {
      return await this.#extended(old, Math.ceil(age) + firstLife, signal);
    } catch (error) {
      if (isClass(error, 'auth', 'not-found', 'forbidden', 'invalid')) return await this.#logIn(signal);
      throw error;
    }
  }

  async #logIn(signal: AbortSignal): Promise<Token> {
    const loggedInMs = this.#clock.now();
    const body = { ...this.#login };
    const answer = await this.#send('POST', '/mgmt/shared/authn/login', { signal, body });
    const token = answer['token'];
    const value = isObject(token) ? textOf(token['token']) : '';
    if (!isObject(token) || !/^[\x21-\x7e]+$/.test(value)) {
      throw new AdapterError('transient', 'POST /mgmt/shared/authn/login: the device gives no token.', { status: 200 });
    }
    const [told, micros] = [token['timeout'], token['lastUpdateMicros']];
    this.#aheadMs = typeof micros === 'number' && micros > 0 ? micros / 1_000 - this.#clock.now() : undefined;
    return { value, loggedInMs, lifeSeconds: typeof told === 'number' && told > 0 ? told : firstLife };
  }

  async #extended(old: Token, timeout: number, signal: AbortSignal): Promise<Token> {
    await this.#send('PATCH', tokenPath(old.value), { signal, body: { timeout }, token: old.value });
    return { ...old, lifeSeconds: timeout };
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

  #ageSeconds({ loggedInMs }: Token): number {
    return (this.#clock.now() - loggedInMs) / 1_000;
  }
}

function tokenPath(value: string): string {
  return `/mgmt/shared/authz/tokens/${encodeURIComponent(value)}`;
}
