import { meaningIn, meaningOfStatus, refusal, type Meaning } from '../../../kit/common/api/answers.ts';
import { isObject } from '../../../kit/common/api/json.ts';
import { parseAnswer } from '../../../kit/common/api/parse-answer.ts';
import type { HttpResponse } from '../../../src/adapter/http/client.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { answers } from './answers.ts';

/**
 * The body of an answer that reports success. iControl REST says 200 for everything that it has done, with an empty body
 * for a deletion, and 204 where there is nothing to say; a page in HTML, whatever its status, comes from a service that is overloaded or starting.
 *
 * @param request `PATCH /mgmt/tm/security/firewall/address-list/{name}`
 * @throws AdapterError for everything else
 */
export function readAnswer(response: HttpResponse, request: string): JsonObject {
  const { status, body } = response;
  const content = parse(body);
  if ((status === 200 || status === 204) && content !== undefined) return content;
  const said = sentenceIn(content, body);
  const meaning = meaningOf(status, said, content !== undefined);
  throw refusal(request, response, meaning, {
    quote: said.slice(0, longestQuote),
    // `01070734:3`.
    code: /\b([0-9a-f]{8}:\d+):/.exec(said)?.[1],
    advice: meaning[0] === 'forbidden' ? howToGrant : '',
    outcomeUnknown: !request.startsWith('GET ') && isOpen(status, content),
  });
}

const longestQuote = 200;
/** Of what is looked at in an answer that is no success. */
const longestRefusal = 4_000;
const howToGrant =
  'The user needs the role manager in our partition and guest elsewhere; for context global and for policies in Common, firewall-manager or resource-admin (see the README of this adapter).';

/** Undefined for what is no JSON object; a deletion is answered with nothing. */
function parse(body: string): JsonObject | undefined {
  if (body.trim() === '') return {};
  const value = parseAnswer(body);
  return isObject(value) ? value : undefined;
}

/** What the device says; before 16.1 long bodies are cut and are then no JSON. Markup is not repeated. */
function sentenceIn(content: JsonObject | undefined, body: string): string {
  const message = content?.['message'];
  const start = body.slice(0, longestRefusal);
  const text =
    typeof message === 'string'
      ? message
      : (/"message"\s*:\s*"((?:[^"\\]|\\.)*)/.exec(start)?.[1] ?? pages.exec(start)?.[0] ?? '');
  return text
    .slice(0, longestRefusal)
    .replace(/[<>\u0000-\u001f]+/g, ' ')
    .trim();
}

/** The little that pages say: why Jetty gave up, or that the service restarts. */
const pages = /AsyncContext timeout|Configuration Utility restarting/;

function meaningOf(status: number, said: string, isJson: boolean): Meaning {
  const isLost = !isJson && (status < 300 || status >= 500);
  if (!isLost) return meaningIn(answers, { status, said }) ?? meaningOfStatus(status);
  return (
    meaningIn({ ...answers, statuses: {} }, { status, said }) ?? ['transient', `the answer is not JSON (${status})`]
  );
}

/** Taken but not answered for, or broken off in the middle: it may have been done. */
function isOpen(status: number, content: JsonObject | undefined): boolean {
  return status < 300 || status >= 500 || content === undefined;
}
