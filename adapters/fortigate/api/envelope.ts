import { z } from 'zod';
import { meaningIn, meaningOfStatus, refusal, type Meaning } from '../../../kit/common/api/answers.ts';
import { objectsIn } from '../../../kit/common/api/json.ts';
import { parseAnswer } from '../../../kit/common/api/parse-answer.ts';
import type { AdapterError } from '../../../src/adapter/errors.ts';
import type { HttpResponse } from '../../../src/adapter/http/client.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { accessGroups, answers } from './answers.ts';

const envelopeSchema = z.looseObject({
  status: z.string().optional(),
  error: z.number().optional(),
  cli_error: z.string().optional(),
  results: z.custom<Json>().optional(),
  mkey: z.union([z.string(), z.number()]).optional(),
  limit_reached: z.boolean().optional(),
  next_idx: z.number().optional(),
  matched_count: z.number().optional(),
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
  if (response.status >= 400 || envelope?.status === 'error') throw refused(response, envelope, request, lockedOut);
  if (envelope !== undefined) return envelope;
  const outcomeUnknown = !request.startsWith('GET ');
  throw refusal(request, response, ['transient', 'the answer is not JSON'], { outcomeUnknown });
}

function parse(body: string): Envelope | undefined {
  const value: unknown = parseAnswer(body);
  // Asked for one VDOM, some builds answer with a list of one.
  const read = envelopeSchema.safeParse(Array.isArray(value) ? value[0] : value);
  return read.success ? read.data : undefined;
}

function refused(
  response: HttpResponse,
  envelope: Envelope | undefined,
  request: string,
  lockedOut: boolean,
): AdapterError {
  const { status, headers } = response;
  const code = envelope?.error === undefined ? undefined : `${envelope.error}`;
  const meaning =
    status === 429
      ? tooMany(lockedOut, headers['retry-after'] !== undefined)
      : (meaningIn(answers, { status, said: envelope?.cli_error ?? '', ...(code !== undefined && { code }) }) ??
        unexplained(status, envelope));
  // The first line of what the device says, cut short.
  const said = envelope?.cli_error?.split('\n', 1)[0]?.trim().slice(0, 160) ?? '';
  return refusal(request, response, meaning, {
    quote: [code ?? '', said].filter((part) => part !== '').join(': '),
    code,
    advice: meaning[0] === 'forbidden' ? howToGrant(request) : '',
  });
}

/** A refusal says why; a code alone comes from a device that broke down over the request. */
function unexplained(status: number, envelope: Envelope | undefined): Meaning {
  const isRefusal = envelope?.cli_error !== undefined || status < 400;
  return isRefusal ? ['invalid', 'the device refuses it'] : meaningOfStatus(status);
}

/** A device that has locked out a user answers with the same status, without the duration. Another try prolongs it. */
function tooMany(lockedOut: boolean, saysHowLong: boolean): Meaning {
  if (saysHowLong) return ['throttled', 'the device asks for fewer requests'];
  if (!lockedOut)
    return ['throttled', 'the device asks for fewer requests, or has locked Postern out after failed logins'];
  return ['auth', 'the device has locked Postern out after failed logins; put a valid token into the Secret'];
}

/** Which access group is missing, and how to grant it (of VDOMs: terraform-provider-fortios, issue 138). */
function howToGrant(request: string): string {
  const [, group, grant] = accessGroups.find(([pattern]) => pattern.test(request)) ?? [];
  if (group === undefined || grant === undefined)
    return 'Check the access profile of the API user, and whether config.vdom is one of its VDOMs.';
  return `The API user's access profile lacks ${group}: config system accprofile, edit the profile, ${grant}. A VDOM that is not there, or is not one of the user's, is answered in the same way: check config.vdom.`;
}

/** The rows of a read; FortiOS answers one entry as a list of one, or by itself. */
export function rowsOf({ results }: Envelope): readonly JsonObject[] {
  return objectsIn(Array.isArray(results) ? results : [results ?? null]);
}
