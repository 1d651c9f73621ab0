import { json } from '../answers.ts';
import type { SimulatedResponse } from '../simulated-device.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Failure } from './calls.ts';

/** One protocol of AWS, as a service answers in it. */
export interface AnswerForm {
  readonly success: (operation: string, output: JsonObject, wrote: boolean) => SimulatedResponse;
  readonly failed: (failure: Failure) => SimulatedResponse;
}

/** @param namespace of error types: `com.amazonaws.networkfirewall` */
export function jsonAnswers(namespace: string): AnswerForm {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return {
    success: (_, output, wrote) => ({ ...json(200, output, wrote), headers }),
    failed: ({ code, message, status }) => ({
      ...json(status, { __type: `${namespace}#${code}`, Message: message }),
      headers,
    }),
  };
}

/** @param namespace of the document */
export function queryAnswers(namespace: string): AnswerForm {
  const headers = { 'content-type': 'text/xml;charset=UTF-8' };
  return {
    success: (operation, output, wrote) => {
      const body = `<${operation}Response xmlns="${namespace}"><requestId>0</requestId>${xml(output)}</${operation}Response>`;
      return { status: 200, headers, body, wrote };
    },
    failed: ({ code, message, status }) => {
      const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${xml({ Code: code, Message: message })}</Error></Errors><RequestID>0</RequestID></Response>`;
      return { status, headers, body, wrote: false };
    },
  };
}

/** Lists are `<item>` after `<item>`. */
function xml(value: Json): string {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => `<item>${xml(item)}</item>`).join('');
  if (value === null || typeof value !== 'object') return escaped(String(value ?? ''));
  return Object.entries(value as JsonObject)
    .map(([name, item]) => `<${name}>${xml(item)}</${name}>`)
    .join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
