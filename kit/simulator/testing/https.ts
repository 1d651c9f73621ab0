import { request, type RequestOptions } from 'node:https';
import type { JsonObject } from '../../../src/core/model/json.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** Empty when the body is no JSON object. */
  readonly body: JsonObject;
}

/** Asks a simulator over real TLS. @param body a text as it is, and anything else as JSON */
export function ask(
  url: string,
  { headers, ...options }: Omit<RequestOptions, 'headers'> & { readonly headers: Readonly<Record<string, string>> },
  body?: unknown,
): Promise<Answer> {
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const content = payload === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ...options, headers: { ...content, ...headers } }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, body: objectOf(text) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

function objectOf(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return {};
  }
}
