import { meaningIn, meaningOfStatus, refusal, type Meaning } from '../../../kit/common/api/answers.ts';
import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { at, elementsIn, elementText, xmlReader } from '../../../kit/common/api/xml.ts';
import type { HttpResponse } from '../../../src/adapter/http/client.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { answers, brokenCodes, rights } from './answers.ts';

const read = xmlReader('entry', 'member', 'line');

/**
 * The `response` element of an answer that reports success, or that judges addresses one by one.
 *
 * @param request `GET /api/ (show rules)`
 * @throws AdapterError for everything else: PAN-OS refuses with status 200 inside of which stands `status="error"`
 */
export function readResponse(answer: HttpResponse, request: string, type: string): JsonObject {
  const response = at(read(answer.body), 'response');
  if (!isObject(response)) throw unreadable(answer, request);
  if (answer.status < 300 && (response['@status'] === 'success' || judged(response).length > 0)) return response;
  const said = messageIn(response);
  const code = textOf(response['@code']);
  const meaning = brokenCodes.has(code)
    ? (['transient', 'the device fails'] as const)
    : (meaningIn(answers, { status: answer.status, said, ...(code !== '' && { code }) }) ??
      meaningOfStatus(answer.status));
  throw refusal(request, answer, inDoubt(meaning, answer.status), {
    quote: [code, said.slice(0, 160)].filter((part) => part !== '').join(': '),
    ...(code !== '' && { code }),
    advice: meaning[0] === 'forbidden' ? `Its XML API rights must include ${rights[type] ?? type}.` : '',
  });
}

/** A refusal that no table knows is one, whatever the status. */
function inDoubt(meaning: Meaning, status: number): Meaning {
  return status < 400 && meaning[0] === 'transient' && meaning[1].includes(`(${status})`)
    ? ['invalid', 'the device refuses it']
    : meaning;
}

/** A status of its own says more than a page around it. */
function unreadable(answer: HttpResponse, request: string): Error {
  const meaning = meaningIn(answers, { status: answer.status, said: '' });
  if (meaning !== undefined) return refusal(request, answer, meaning, {});
  const outcomeUnknown = !request.startsWith('GET ');
  return refusal(request, answer, ['transient', 'the answer is not XML'], { outcomeUnknown });
}

/** What became of registered addresses, where the device says it for each. */
export function judged(
  response: JsonObject,
): readonly { readonly list: string; readonly ip: string; readonly says: string }[] {
  const payload = elementsIn(at(response, 'msg', 'line')).flatMap((line) => at(line, 'uid-response', 'payload') ?? []);
  return payload.filter(isObject).flatMap((lists) =>
    Object.entries(lists).flatMap(([list, inside]) =>
      elementsIn(at(inside, 'entry')).map((entry) => ({
        list,
        ip: textOf(at(entry, '@ip')),
        says: textOf(at(entry, '@message')),
      })),
    ),
  );
}

/** What the device says, on one line; it says it in five places. */
export function messageIn(response: JsonObject): string {
  const nested = elementsIn(response['response']).filter((one) => at(one, '@status') !== 'success');
  const places: readonly (Json | undefined)[] = [
    ...nested.map((one) => at(one, 'msg')),
    response['msg'],
    at(response, 'result', 'msg'),
  ];
  return places
    .flatMap((place) =>
      isObject(place) && place['line'] !== undefined ? elementsIn(place['line']).flatMap(linesIn) : elementText(place),
    )
    .filter((line) => line.trim() !== '')
    .join('; ')
    .replace(/\s+/g, ' ')
    .trim();
}

function linesIn(line: Json): readonly string[] {
  return isObject(line) && line['line'] !== undefined ? elementsIn(line['line']).map(elementText) : [elementText(line)];
}
