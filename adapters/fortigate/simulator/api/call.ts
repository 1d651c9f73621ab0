import { objectIn } from '../../../../kit/simulator/answers.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { ApiUser } from './access.ts';
import { badRequest } from './failure.ts';

/** A request that was let in, taken apart. */
export interface Call {
  readonly method: string;
  /** Below `/api/v2/cmdb` or `/api/v2/monitor`, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly user: ApiUser;
}

/** An answer for one VDOM, before it is put into its envelope. */
export interface Reply {
  /** Beside what every envelope has. */
  readonly fields: JsonObject;
  readonly wrote: boolean;
}

/** The body as an object; nothing at all is an empty one. */
export function bodyOf({ body }: Pick<Call, 'body'>): JsonObject {
  return objectIn(body, (why) => badRequest(`the body is ${why === 'not JSON' ? why : 'not a JSON object'}`));
}
