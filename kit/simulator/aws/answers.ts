import { json } from '../../../../kit/simulator/answers.ts';
import type { SimulatedResponse } from '../../../../kit/simulator/simulated-device.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import type { Call, Failure } from './call.ts';

const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';

export function success(
  { service, operation }: Pick<Call, 'service' | 'operation'>,
  output: JsonObject,
  wrote: boolean,
): SimulatedResponse {
  if (service === 'network-firewall')
    return { ...json(200, output, wrote), headers: { 'content-type': 'application/x-amz-json-1.0' } };
  const body = `<${operation}Response xmlns="${namespace}"><requestId>0</requestId>${xml(output)}</${operation}Response>`;
  return { status: 200, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body, wrote };
}

export function failed({ service }: Pick<Call, 'service'>, { code, message, status }: Failure): SimulatedResponse {
  if (service === 'network-firewall') {
    const body = { __type: `com.amazonaws.networkfirewall#${code}`, Message: message };
    return { ...json(status, body), headers: { 'content-type': 'application/x-amz-json-1.0' } };
  }
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${xml({ Code: code, Message: message })}</Error></Errors><RequestID>0</RequestID></Response>`;
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body, wrote: false };
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
