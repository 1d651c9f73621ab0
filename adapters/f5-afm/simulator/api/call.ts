import { decodedPath, objectIn } from '../../../../kit/simulator/answers.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import type { User } from './access.ts';
import { Rejection } from './failure.ts';

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
export function bodyOf({ body }: Pick<Call, 'body'>): JsonObject {
  return objectIn(body, (why) => {
    const fault = why === 'not JSON' ? 'invalid JSON' : 'invalid content';
    return new Rejection(400, `Found ${fault} in the request body${why === 'not JSON' ? '' : ': not a JSON object'}`);
  });
}

/** The segments of a path below `/mgmt`, and its query. */
export function decodedUri(uri: string): Pick<Call, 'segments' | 'query'> {
  const { segments, query } = decodedPath(uri) ?? {};
  if (segments === undefined || query === undefined) {
    throw new Rejection(400, 'Found invalid encoding in the request path');
  }
  return { segments: segments.slice(1), query };
}
