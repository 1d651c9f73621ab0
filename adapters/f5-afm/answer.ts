import { AdapterError, type AdapterErrorDetails, type ErrorClass } from '../../src/adapter/errors.ts';
import type { HttpResponse } from '../../src/adapter/http.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import { sentences, statuses } from './codes.ts';
import { isObject } from './native.ts';

/**
 * The body of an answer that reports success. iControl REST says 200 for everything that it has done, with an empty body
 * for a deletion, and 204 where there is nothing to say; a page in HTML, whatever its status, comes from a service that is overloaded or starting.
 *
 * @param request `PATCH /mgmt/tm/security/firewall/address-list/{name}`
 * @throws AdapterError for everything else
 */
export function readAnswer({ status, headers, body }: HttpResponse, request: string): JsonObject {
  const content = parse(body);
  if ((status === 200 || status === 204) && content !== undefined) return content;
  const said = sentenceIn(content, body);
  const [errorClass, meaning] = meaningOf(status, said, content !== undefined);
  const details: AdapterErrorDetails = {
    request,
    status,
    ...codeIn(said),
    ...retryAfter(headers),
    ...(!request.startsWith('GET ') && isOpen(status, content) && { outcomeUnknown: true }),
  };
  const quoted = said === '' ? '' : ` (${said.slice(0, longestQuote)})`;
  const advice = errorClass === 'forbidden' ? ` ${howToGrant}` : '';
  throw new AdapterError(errorClass, `${request}: ${meaning}${quoted}.${advice}`, details);
}

const longestQuote = 200;
const howToGrant =
  'The user needs the role manager in our partition and guest elsewhere; for context global and for policies in Common, firewall-manager or resource-admin (see the README of this adapter).';

/** Undefined for what is no JSON object; a deletion is answered with nothing. */
function parse(body: string): JsonObject | undefined {
  if (body.trim() === '') return {};
  try {
    const value = JSON.parse(body) as JsonObject;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the device says; before 16.1 long bodies are cut and are then no JSON. Markup is not repeated. */
function sentenceIn(content: JsonObject | undefined, body: string): string {
  const message = content?.['message'];
  const text =
    typeof message === 'string'
      ? message
      : (/"message"\s*:\s*"((?:[^"\\]|\\.)*)/.exec(body)?.[1] ?? pages.exec(body)?.[0] ?? '');
  return text.replace(/[<>\u0000-\u001f]+/g, ' ').trim();
}

/** The little that pages say: why Jetty gave up, or that the service restarts. */
const pages = /AsyncContext timeout|Configuration Utility restarting/;

function meaningOf(status: number, said: string, isJson: boolean): readonly [ErrorClass, string] {
  const sentence = sentences.find(([pattern]) => pattern.test(said));
  if (sentence !== undefined) return [sentence[1], sentence[2]];
  if (!isJson && (status < 300 || status >= 500)) return ['transient', `the answer is not JSON (${status})`];
  return (
    statuses[status] ??
    (status >= 500 || status < 300
      ? ['transient', `the device fails (${status})`]
      : ['invalid', `the device refuses it (${status})`])
  );
}

/** Taken but not answered for, or broken off in the middle: it may have been done. */
function isOpen(status: number, content: JsonObject | undefined): boolean {
  return status < 300 || status >= 500 || content === undefined;
}

/** `01070734:3`. */
function codeIn(said: string): Pick<AdapterErrorDetails, 'code'> {
  const code = /\b([0-9a-f]{8}:\d+):/.exec(said)?.[1];
  return code === undefined ? {} : { code };
}

function retryAfter(headers: HttpResponse['headers']): Pick<AdapterErrorDetails, 'retryAfterMs'> {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
}

export function isClass(error: unknown, ...classes: readonly ErrorClass[]): boolean {
  return error instanceof AdapterError && classes.includes(error.errorClass);
}
