import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { parseAnswer } from '../../../kit/common/api/parse-answer.ts';
import { tokenRefused, type KnownRefusal } from '../../../kit/common/api/token-refusal.ts';
import type { Token } from '../../../kit/common/api/tokens.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import type { HttpResponse } from '../../../src/adapter/http/client.ts';

export type LoginDeps = Pick<AdapterDeps, 'secret' | 'clock' | 'credentials'>;

export const scope = 'https://www.googleapis.com/auth/cloud-platform';

export interface LoginCall {
  readonly service: 'oauth2' | 'sts' | 'iamcredentials';
  readonly path: string;
  readonly template: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks one of the services that give tokens. */
export type Post = (call: LoginCall, signal: AbortSignal) => Promise<HttpResponse>;

export const form = { 'Content-Type': 'application/x-www-form-urlencoded' } as const;

/** What Google's words mean, and what to do. */
const refusals: readonly KnownRefusal[] = [
  [
    /short-lived token|reasonable timeframe|iat and exp|is expired|stale to sign-in|future/i,
    'the time in the token is not now; set the clock of the node that the worker runs on',
  ],
  [
    /invalid jwt signature|account not found|Invalid grant: account/i,
    'the key is not known; make a new key file of the service account',
  ],
  [
    /audience|issuer/i,
    'the pool does not trust this token; compare the audience and the issuer with those of the provider',
  ],
  [/getAccessToken/i, 'the identity may not act as the service account; give it roles/iam.workloadIdentityUser on it'],
];

/** `{access_token, expires_in}`, or of a service account `{accessToken, expireTime}`. */
export function tokenIn(
  { status, headers, body }: HttpResponse,
  { clock, credentials }: LoginDeps,
  template: string,
): Token {
  const answer = parseAnswer(body);
  const read = isObject(answer) ? answer : {};
  const value = textOf(read['access_token']) || textOf(read['accessToken']);
  if (status === 200 && /^[\x21-\x7e]+$/.test(value)) {
    credentials?.add(value);
    const until = Date.parse(textOf(read['expireTime']));
    // eslint-disable-next-line no-restricted-syntax -- what the issuer says is of its clock
    const seconds = Number(textOf(read['expires_in'])) || (until - clock.now()) / 1_000;
    return { value, loggedInMs: clock.elapsed(), lifeSeconds: seconds > 0 ? seconds : 3_600 };
  }
  const error = isObject(read['error']) ? read['error'] : {};
  const said = [textOf(read['error']), textOf(read['error_description']), textOf(error['message'])].join(' ').trim();
  const shown = said.slice(0, 200);
  throw tokenRefused({ status, headers }, refusals, { service: 'Google', said, shown, request: `POST ${template}` });
}
