import { AdapterError, type AdapterErrorDetails, type ErrorClass } from '../../../src/adapter/errors.ts';
import { retryAfterMs, type HttpResponse } from '../../../src/adapter/http/messages.ts';

/** What an answer that is no success means to us, and to a person. */
export type Meaning = readonly [ErrorClass, string];

/** What a device's answers mean: the first text that fits, then the code, then the HTTP status. */
export interface AnswerTable {
  readonly texts: readonly (readonly [RegExp, ...Meaning])[];
  /** By the device's own code. */
  readonly codes?: Readonly<Record<string, Meaning>>;
  readonly statuses: Readonly<Record<number, Meaning>>;
}

export interface Answer {
  readonly status: number;
  readonly code?: string;
  /** The device's own words; empty if it gave none. */
  readonly said: string;
}

/** Characters of the device's words that are looked at. */
const longestSaid = 1_000;

/** Undefined: the table does not know it. */
export function meaningIn(table: AnswerTable, { status, code, said }: Answer): Meaning | undefined {
  const start = said.slice(0, longestSaid);
  const text = table.texts.find(([pattern]) => pattern.test(start));
  if (text !== undefined) return [text[1], text[2]];
  return (code === undefined ? undefined : table.codes?.[code]) ?? table.statuses[status];
}

/** What a status that no table knows means. */
export function meaningOfStatus(status: number): Meaning {
  return status >= 400 && status < 500
    ? ['invalid', `the device refuses it (${status})`]
    : ['transient', `the device fails (${status})`];
}

/** The error for a request that was refused: what it was, what that means, what the device says, what to do. */
export function refusal(
  request: string,
  { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
  [errorClass, meaning]: Meaning,
  more: {
    /** What the device says, in parentheses after the meaning. */
    readonly quote?: string;
    readonly code?: string | undefined;
    /** A whole sentence. */
    readonly advice?: string;
    readonly outcomeUnknown?: boolean;
  },
): AdapterError {
  const { quote = '', code, advice = '', outcomeUnknown = false } = more;
  const restMs = retryAfterMs(headers);
  const details: AdapterErrorDetails = {
    request,
    status,
    ...(code !== undefined && { code }),
    ...(restMs !== undefined && { retryAfterMs: restMs }),
    ...(outcomeUnknown && { outcomeUnknown }),
  };
  const said = quote === '' ? '' : ` (${quote})`;
  return new AdapterError(errorClass, `${request}: ${meaning}${said}.${advice === '' ? '' : ` ${advice}`}`, details);
}

export function isClass(error: unknown, ...classes: readonly ErrorClass[]): error is AdapterError {
  return error instanceof AdapterError && classes.includes(error.errorClass);
}

/** Was the request perhaps carried out although no answer came? */
export function isUnknown(error: unknown): boolean {
  return error instanceof AdapterError && error.details.outcomeUnknown === true;
}

/** What was answered; undefined where the device refused it in one of these ways. */
export async function unlessRefused<T>(answer: Promise<T>, ...classes: readonly ErrorClass[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isClass(error, ...classes)) return undefined;
    throw error;
  }
}

/**
 * Sends what may be sent twice without harm once more when no answer came. Without an answer to the second either, the
 * outcome is unknown, and only reading the device can tell.
 */
export async function repeatable<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!isUnknown(error)) throw error;
    return await send();
  }
}
