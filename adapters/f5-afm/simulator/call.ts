import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { User } from './access.ts';
import { Rejection } from './failure.ts';
import { isObject } from './schema.ts';

/** A request that has been let in. */
export interface Call {
  readonly method: string;
  /** Below `/mgmt`, decoded and without empty segments: `['tm', 'sys']`. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly body: string;
  readonly user: User;
}

export interface Reply {
  readonly status: number;
  /** Undefined: an empty body. */
  readonly body: Json | undefined;
  readonly wrote: boolean;
}

export function read(body: Json): Reply {
  return { status: 200, body, wrote: false };
}

export function wrote(body?: Json): Reply {
  return { status: 200, body, wrote: true };
}

/** The body as an object; nothing at all is an empty one. */
export function bodyOf(call: Pick<Call, 'body'>): JsonObject {
  if (call.body.trim() === '') return {};
  const parsed = parse(call.body);
  if (!isObject(parsed)) throw new Rejection(400, 'Found invalid content in the request body: not a JSON object');
  return parsed;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Rejection(400, 'Found invalid JSON in the request body');
  }
}
