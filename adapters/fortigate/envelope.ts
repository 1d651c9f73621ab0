import { z } from 'zod';
import { AdapterError, type AdapterErrorDetails, type ErrorClass } from '../../src/adapter/errors.ts';
import type { HttpResponse } from '../../src/adapter/http.ts';
import type { Json, JsonObject } from '../../src/core/model/json.ts';
import { accessGroups, codes, statuses, texts } from './codes.ts';

const envelopeSchema = z.looseObject({
  status: z.string().optional(),
  error: z.number().optional(),
  cli_error: z.string().optional(),
  results: z.custom<Json>().optional(),
  mkey: z.union([z.string(), z.number()]).optional(),
  limit_reached: z.boolean().optional(),
  next_idx: z.number().optional(),
  serial: z.string().optional(),
  version: z.string().optional(),
});
/** What every JSON answer of FortiOS has around it. */
export type Envelope = z.infer<typeof envelopeSchema>;

/**
 * The envelope of an answer that reports success: an HTTP status alone is not enough, FortiOS says 200 with
 * `status: error` inside too.
 *
 * @param request `PUT /api/v2/cmdb/firewall/policy/{policyid}`
 * @param lockedOut was a 401 seen, and no success since? Then a 429 is the lockout that follows failed logins
 * @throws AdapterError for everything else
 */
export function readEnvelope(response: HttpResponse, request: string, lockedOut: boolean): Envelope {
  const envelope = parse(response.body);
  if (response.status >= 400 || envelope?.status === 'error') throw refusal(response, envelope, request, lockedOut);
  if (envelope !== undefined) return envelope;
  const details = { request, status: response.status, outcomeUnknown: !request.startsWith('GET ') };
  throw new AdapterError('transient', `${request} was answered with something that is not JSON.`, details);
}

function parse(body: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(body);
    // Asked for one VDOM, some builds answer with a list of one.
    const read = envelopeSchema.safeParse(Array.isArray(value) ? value[0] : value);
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

function refusal(
  { status, headers }: HttpResponse,
  envelope: Envelope | undefined,
  request: string,
  lockedOut: boolean,
): AdapterError {
  const details: AdapterErrorDetails = {
    request,
    status,
    ...(envelope?.error !== undefined && { code: `${envelope.error}` }),
    ...retryAfter(headers),
  };
  const [errorClass, meaning] =
    status === 429 ? tooMany(lockedOut && headers['retry-after'] === undefined) : meaningOf(status, envelope);
  const said = wordsOf(envelope);
  const advice = errorClass === 'forbidden' ? ` ${howToGrant(request)}` : '';
  return new AdapterError(errorClass, `${request}: ${meaning}${said}.${advice}`, details);
}

function meaningOf(status: number, envelope: Envelope | undefined): readonly [ErrorClass, string] {
  const text = texts.find(([pattern]) => pattern.test(envelope?.cli_error ?? ''));
  if (text !== undefined) return [text[1], text[2]];
  const known = codes[envelope?.error ?? 0] ?? statuses[status];
  if (known !== undefined) return known;
  // A refusal says why; a code alone comes from a device that broke down over the request.
  if (envelope?.cli_error !== undefined) return ['invalid', 'the device refuses it'];
  return status >= 500
    ? ['transient', `the device fails (${status})`]
    : ['invalid', `the device refuses it (${status})`];
}

/** Another try during a lockout prolongs it. */
function tooMany(lockedOut: boolean): readonly [ErrorClass, string] {
  if (!lockedOut) return ['throttled', 'the device asks for fewer requests'];
  return ['auth', 'the device has locked us out after failed logins; put a valid token into the secret'];
}

function retryAfter(headers: HttpResponse['headers']): Pick<AdapterErrorDetails, 'retryAfterMs'> {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
}

/** The code and the first line of what the device says, cut short. */
function wordsOf(envelope: Envelope | undefined): string {
  const said = envelope?.cli_error?.split('\n', 1)[0]?.trim().slice(0, 160) ?? '';
  if (envelope?.error === undefined) return said === '' ? '' : ` (${said})`;
  return said === '' ? ` (${envelope.error})` : ` (${envelope.error}: ${said})`;
}

/** Which access group is missing, and how to grant it. */
function howToGrant(request: string): string {
  const [, group, grant] = accessGroups.find(([pattern]) => pattern.test(request)) ?? [];
  if (group === undefined || grant === undefined) return 'Check the access profile of the API user.';
  return `The API user's access profile lacks ${group}: config system accprofile, edit the profile, ${grant}.`;
}

/** The rows of a read; FortiOS answers one entry as a list of one, or by itself. */
export function rowsOf({ results }: Envelope): readonly JsonObject[] {
  const list: readonly Json[] = Array.isArray(results) ? (results as readonly Json[]) : [results ?? null];
  return list.filter((row): row is JsonObject => row !== null && typeof row === 'object' && !Array.isArray(row));
}
