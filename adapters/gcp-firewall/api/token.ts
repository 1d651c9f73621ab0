import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { parseAnswer } from '../../../kit/common/api/parse-answer.ts';
import type { Token } from '../../../kit/common/api/tokens.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { AdapterError, type ErrorClass } from '../../../src/adapter/errors.ts';
import type { HttpResponse } from '../../../src/adapter/http.ts';

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
const refusals: readonly (readonly [RegExp, string])[] = [
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
    const now = clock.now();
    const until = Date.parse(textOf(read['expireTime']));
    const seconds = Number(textOf(read['expires_in'])) || (until - now) / 1_000;
    return { value, loggedInMs: now, lifeSeconds: seconds > 0 ? seconds : 3_600 };
  }
  const error = isObject(read['error']) ? read['error'] : {};
  const said = [textOf(read['error']), textOf(read['error_description']), textOf(error['message'])].join(' ').trim();
  const known = refusals.find(([pattern]) => pattern.test(said))?.[1];
  const [errorClass, meaning] = known === undefined ? meaningOf(status) : (['auth', known] as const);
  throw new AdapterError(
    errorClass,
    `Google gives no token: ${meaning}${said === '' ? '' : ` (${said.slice(0, 200)})`}.`,
    {
      status,
      request: `POST ${template}`,
      ...(headers['retry-after'] !== undefined && { retryAfterMs: Number(headers['retry-after']) * 1_000 || 5_000 }),
    },
  );
}

function meaningOf(status: number): readonly [ErrorClass, string] {
  if (status === 429) return ['throttled', 'it is asked too often'];
  if (status === 403) return ['forbidden', 'it is not permitted'];
  return status >= 400 && status < 500
    ? ['auth', `it refuses the credentials (${status})`]
    : ['transient', `it answers ${status}`];
}
