import type { Clock } from '../../../src/adapter/adapter.ts';
import type { HttpResponse } from '../../../src/adapter/http/client.ts';

/** What a login gave. */
export interface Token {
  readonly value: string;
  /** When, on the clock that cannot be set. */
  readonly loggedInMs: number;
  /** Counted from the login. */
  readonly lifeSeconds: number;
}

export interface TokenSource {
  /** @throws AdapterError when there is none to be had */
  logIn(signal: AbortSignal): Promise<Token>;
  /** The same token with a longer life; undefined: it cannot have one. Absent: no token can. */
  extend?(token: Token, ageSeconds: number, signal: AbortSignal): Promise<Token | undefined>;
}

/** A token is renewed when this part of its life is over. */
const renewAt = 0.8;

/** The one token of a session: kept while it is good, renewed in time, asked for once however many wait for it. */
export class Tokens {
  readonly #source: TokenSource;
  readonly #clock: Pick<Clock, 'elapsed'>;
  #token: Token | undefined;
  #coming: Promise<Token> | undefined;

  constructor(source: TokenSource, clock: Pick<Clock, 'elapsed'>) {
    this.#source = source;
    this.#clock = clock;
  }

  /** A token that is good for a while. @throws AdapterError when there is none to be had */
  async current(signal: AbortSignal): Promise<string> {
    const token = this.#token;
    if (token !== undefined && this.#ageSeconds(token) < renewAt * token.lifeSeconds) return token.value;
    this.#coming ??= this.#renewed(signal).finally(() => (this.#coming = undefined));
    this.#token = await this.#coming;
    return this.#token.value;
  }

  /** The device does not know this token any longer. */
  forget(value: string): void {
    if (this.#token?.value === value) this.#token = undefined;
  }

  /** The token, to be given back; from now on there is none. */
  take(): string | undefined {
    const value = this.#token?.value;
    this.#token = undefined;
    return value;
  }

  async #renewed(signal: AbortSignal): Promise<Token> {
    const old = this.#token;
    const age = old === undefined ? Infinity : this.#ageSeconds(old);
    const extended =
      old === undefined || age >= old.lifeSeconds ? undefined : await this.#source.extend?.(old, age, signal);
    return extended ?? (await this.#source.logIn(signal));
  }

  #ageSeconds({ loggedInMs }: Token): number {
    return (this.#clock.elapsed() - loggedInMs) / 1_000;
  }
}

/** Sends with the token of now, and once more with a new one where that is not taken. */
export async function withToken(
  tokens: Tokens,
  signal: AbortSignal,
  send: (token: string) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const token = await tokens.current(signal);
  const response = await send(token);
  if (response.status !== 401) return response;
  tokens.forget(token);
  return send(await tokens.current(signal));
}
