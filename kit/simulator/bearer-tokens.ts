import { randomBytes } from 'node:crypto';

/** Access tokens that were given, and until when each is good, in milliseconds. */
export class BearerTokens {
  /** For clients that log in to nothing: good for ever. */
  readonly forever = randomBytes(48).toString('base64url');
  readonly #ends = new Map([[this.forever, Infinity]]);

  give(until: number): string {
    const token = randomBytes(48).toString('base64url');
    this.#ends.set(token, until);
    return token;
  }

  /** Until when the one in an `Authorization` header is good; undefined: there is none such. */
  endOf(header: string): number | undefined {
    return this.#ends.get(/^Bearer (\S+)$/.exec(header)?.[1] ?? '');
  }
}
