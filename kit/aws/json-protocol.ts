import { isObject, textOf } from '../common/api/json.ts';
import { parseAnswer } from '../common/api/parse-answer.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Protocol } from './service.ts';

/**
 * JSON 1.0: the operation in a header, everything else in a document.
 *
 * @param target what stands before the name of an operation: `NetworkFirewall_20201112`
 * @param version of the protocol
 */
export function jsonProtocol(target: string, version: '1.0' | '1.1' = '1.0'): Protocol {
  return {
    ask: (operation, input) => ({
      body: JSON.stringify(input),
      headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': `${target}.${operation}` },
    }),
    answer: (_, body) => parsed(body),
    errorIn: (body) => {
      const answer = parsed(body);
      return {
        code: textOf(answer?.['__type']).replace(/^.*#/, ''),
        message: textOf(answer?.['Message'] ?? answer?.['message']),
      };
    },
  };
}

function parsed(body: string): JsonObject | undefined {
  const document = parseAnswer(body);
  return isObject(document) ? document : undefined;
}
