import { STATUS_CODES } from 'node:http';
import type { Json, JsonObject } from '../../src/core/model/json.ts';
import type { SimulatedResponse } from './simulated-device.ts';

/** An answer whose body is JSON; undefined: no body at all. */
export function json(status: number, body: Json | undefined, wrote = false): SimulatedResponse {
  const text = body === undefined ? '' : JSON.stringify(body);
  return { status, headers: { 'content-type': 'application/json' }, body: text, wrote };
}

/** What a web server answers by itself: a page with one heading. */
export function page(status: number, text = `${status} ${STATUS_CODES[status] ?? 'Error'}`): SimulatedResponse {
  const body = `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${text}</title>\n</head><body>\n<h1>${text}</h1>\n</body></html>\n`;
  return { status, headers: { 'content-type': 'text/html' }, body, wrote: false };
}

/** The segments of a path, decoded and without empty ones, and its query; undefined: not well encoded. */
export function decodedPath(
  path: string,
): { readonly segments: readonly string[]; readonly query: URLSearchParams } | undefined {
  const url = new URL(path, 'https://device');
  try {
    const segments = url.pathname.split('/').filter((segment) => segment !== '');
    return { segments: segments.map(decodeURIComponent), query: url.searchParams };
  } catch {
    return undefined;
  }
}

/**
 * A body as an object; an empty body is an empty one.
 *
 * @throws what `refuse` makes of a body that is not JSON, or not an object
 */
export function objectIn(body: string, refuse: (why: 'not JSON' | 'not an object') => Error): JsonObject {
  if (body.trim() === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw refuse('not JSON');
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) throw refuse('not an object');
  return parsed as JsonObject;
}
