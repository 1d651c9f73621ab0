import { xmlText } from '../../../kit/common/api/xml.ts';
import type { SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';

/** What the device refuses, with its code ("PAN-OS XML API Error Codes") and its words. */
export class Refusal extends Error {
  readonly code: number;
  readonly lines: readonly string[];
  readonly status: number;

  constructor(code: number, lines: string | readonly string[], status = 200) {
    super(String(lines));
    this.code = code;
    this.lines = [lines].flat();
    this.status = status;
  }
}

export function xml(response: JsonObject, wrote = false, status = 200): SimulatedResponse {
  const headers = { 'content-type': 'application/xml; charset=UTF-8' };
  return { status, headers, body: xmlText({ response }), wrote };
}

export function success(inside: JsonObject, wrote = false, code?: number): SimulatedResponse {
  return xml({ '@status': 'success', ...(code !== undefined && { '@code': `${code}` }), ...inside }, wrote);
}

export function succeeded(wrote: boolean): SimulatedResponse {
  return success({ msg: 'command succeeded' }, wrote, 20);
}

export function refused({ code, lines, status }: Refusal): SimulatedResponse {
  const said = status === 200 ? { msg: { line: [...lines] } } : { result: { msg: lines[0] ?? '' } };
  return xml({ '@status': 'error', '@code': `${code}`, ...said }, false, status);
}
