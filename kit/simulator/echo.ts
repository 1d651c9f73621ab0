import type { SimulatedRequest, SimulatedResponse } from './simulated-device.ts';

/** Headers that every client sends, and that say nothing. */
const usual = /^(?:host|accept|accept-encoding|connection|content-length|content-type|user-agent)$/;

/** How proxies and devices write what they repeat: as it is, for a URL, in base64, coloured, and cut off where they please. */
const forms: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `\u001b[31m\u202e${text}\u0007\u001b[0m`,
  encodeURIComponent,
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(`x${text}`).toString('base64'),
  (text) => Buffer.from(text).toString('hex'),
  (text) => `${'.'.repeat(140)} ${text}`,
];

/**
 * An answer that repeats a part of the request in every field in which a client looks for words.
 *
 * @param turn which part, and in which form: each is had with another number
 */
export function echoed({ headers, body }: SimulatedRequest, status: number, turn: number): SimulatedResponse {
  const parts = [...Object.entries(headers).flatMap(([name, value]) => (usual.test(name) ? [] : [value])), body];
  const form = forms[Math.floor(turn / parts.length) % forms.length];
  const words = form?.(parts[turn % parts.length] ?? '') ?? '';
  const isForm = headers['content-type']?.includes('form-urlencoded') === true;
  return {
    status,
    headers: { 'content-type': isForm ? 'text/xml' : 'application/json' },
    body: isForm ? xml(words) : JSON.stringify(fieldsOf(words)),
    wrote: false,
  };
}

function fieldsOf(words: string): Readonly<Record<string, unknown>> {
  const fields = { message: words, Message: words, cli_error: words, __type: words, version: words, serial: words };
  return { ...fields, status: 'error', error: -651, code: 502, results: [{ name: words, ...fields }], items: [fields] };
}

function xml(words: string): string {
  const text = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\u001b', '&#27;');
  return `<Response><Errors><Error><Code>Echo</Code><Message>${text}</Message></Error></Errors></Response>`;
}
