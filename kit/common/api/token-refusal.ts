import { AdapterError, type ErrorClass } from '../../../src/adapter/errors.ts';
import { retryAfterMs, type HttpResponse } from '../../../src/adapter/http/messages.ts';

/** What words of a login service mean, and what a person can do. */
export type KnownRefusal = readonly [RegExp, string];

export interface TokenRefusal {
  /** `Microsoft Entra`, `Google`. */
  readonly service: string;
  /** Why, in the service's words. */
  readonly said: string;
  /** Those words, or the code in them, as a person is shown them; empty: nothing. */
  readonly shown: string;
  readonly code?: string;
  /** `POST /{tenant}/oauth2/v2.0/token` */
  readonly request: string;
}

/** The error for a login service that gave no token: what its words mean, or else its status. */
export function tokenRefused(
  { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
  known: readonly KnownRefusal[],
  { service, said, shown, code, request }: TokenRefusal,
): AdapterError {
  const meant = known.find(([pattern]) => pattern.test(said))?.[1];
  const [errorClass, meaning] = meant === undefined ? meaningOf(status) : (['auth', meant] as const);
  const restMs = retryAfterMs(headers);
  return new AdapterError(errorClass, `${service} gives no token: ${meaning}${shown === '' ? '' : ` (${shown})`}.`, {
    status,
    request,
    ...(code !== undefined && { code }),
    ...(restMs !== undefined && { retryAfterMs: restMs }),
  });
}

function meaningOf(status: number): readonly [ErrorClass, string] {
  if (status === 429) return ['throttled', 'it is asked too often'];
  if (status === 403) return ['forbidden', 'it is not permitted'];
  return status >= 400 && status < 500
    ? ['auth', `it refuses the credentials (${status})`]
    : ['transient', `it answers ${status}`];
}
