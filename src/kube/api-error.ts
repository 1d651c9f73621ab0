export interface ApiErrorDetails {
  /** The delay the server asked for. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * A call to the API server that failed. Its message is for people and never holds a header, a credential or the body of a
 * request.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** `reason` of the server's `Status` (`Expired`, `Conflict`, ...), `Unreachable`, `Timeout`, `Unreadable` or `CredentialsUnavailable` without one. */
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, reason: string, message: string, details: ApiErrorDetails = {}) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = details.retryAfterMs;
  }
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, 'Unreachable', readable(error instanceof Error ? error.message : 'the call failed'));
}

const unknownCaller = '; the server does not take the credential: has it expired, or is it for another cluster?';

/**
 * The error that an HTTP answer means.
 *
 * @param answer a `Status` object, whole or in part; anything else is ignored
 */
export function errorOfStatus(call: string, status: number, answer: unknown, retryAfter?: string): ApiError {
  const { reason, message, seconds } = readStatus(answer);
  const retryAfterMs = parseSeconds(retryAfter) ?? seconds;
  const text = `${call}: ${readable(message ?? `HTTP ${status}`)}${status === 401 ? unknownCaller : ''}`;
  return new ApiError(status, reason ?? `HTTP ${status}`, text, {
    retryAfterMs: retryAfterMs === undefined ? undefined : retryAfterMs * 1_000,
  });
}

interface Status {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly seconds?: number | undefined;
}

function readStatus(answer: unknown): Status {
  if (answer === null || typeof answer !== 'object') return {};
  const status = answer as Record<string, unknown>;
  const details = status['details'] as { retryAfterSeconds?: unknown } | null | undefined;
  const seconds = details?.retryAfterSeconds;
  return {
    reason: textOf(status['reason']),
    message: textOf(status['message']),
    seconds: typeof seconds === 'number' && seconds > 0 ? seconds : undefined,
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** RFC 9110, 10.2.3; API servers do not use the form with a date. */
function parseSeconds(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}

/** One line of limited length, because a server's words end up in logs and conditions. */
function readable(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length <= 500 ? line : `${line.slice(0, 499)}…`;
}
