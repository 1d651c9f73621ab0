import { z } from 'zod';
import { meaningIn } from '../../../kit/common/api/answers.ts';
import { eachOf } from '../../../kit/common/api/each-of.ts';
import { isObject, objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { keySchema, readHandle } from '../../../kit/common/handle.ts';
import {
  pollOnce,
  type AcceptedChange,
  type ReadStates,
  type ChangeState,
} from '../../../kit/whole-document/operations.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { ResourceKey } from '../../../src/core/model/resource.ts';
import { answers } from '../api/answers.ts';
import { templates, type Gcp } from './known.ts';

/* What Google has accepted and carries out later: the answer is an operation, which is asked for by its name. */

export const pollAfterMs = 2_000;

export interface AwaitedOperation extends AcceptedChange {
  /** `/compute/v1/projects/.../operations/x`, or `/v1/projects/...`. */
  readonly operation: string;
}

const awaitedSchema = z.array(
  z.object({ key: keySchema, operation: z.string().regex(/^\/(compute\/)?v1\/projects\/[\w.:/-]+$/) }),
);

/** @param path what the operation is about, beside which it stands */
export function awaitedOf(
  keys: readonly ResourceKey[],
  started: JsonObject,
  path: string,
): readonly AwaitedOperation[] {
  const name = textOf(started['name']).split('/').at(-1) ?? '';
  if (!/^[\w.-]+$/.test(name)) {
    const message = 'Google has accepted a change, and its answer names no operation; the policy is read again.';
    throw new AdapterError('transient', message, { outcomeUnknown: true });
  }
  const scope = path.replace(/\/(firewallPolicies|addressGroups)\b.*$/, '');
  return keys.map((key) => ({ key, operation: `${scope}/operations/${name}` }));
}

export async function poll(gcp: Gcp, handle: string): Promise<readonly Outcome[]> {
  return pollOnce(readHandle(handle, awaitedSchema), lookFrom(gcp), { pollAfterMs });
}

/** Each operation is asked for once, however many changes it is. */
export function lookFrom({ ask }: Pick<Gcp, 'ask'>): ReadStates<AwaitedOperation> {
  return async (awaited) => {
    const paths = [...new Set(awaited.map(({ operation }) => operation))];
    const found = await eachOf(paths, async (path) => ask({ method: 'GET', path, template: templates.operation }));
    const byPath = new Map(paths.map((path, at) => [path, found[at] ?? {}]));
    return awaited.map((one) => looked(one, byPath.get(one.operation) ?? {}));
  };
}

/** `{status, error: {errors: [{code, message}]}}` of Compute Engine, `{done, error: {code, message}}` of other services. */
function looked(awaited: AwaitedOperation, operation: JsonObject): ChangeState<AwaitedOperation> {
  const { key } = awaited;
  const status = textOf(operation['status']);
  const hasEnded = status === 'DONE' || operation['done'] === true;
  if (!hasEnded) return { key, state: status || 'RUNNING', waitsAs: awaited };
  const error = operation['error'];
  return isObject(error) ? { key, state: 'FAILED', error: givenUp(key, error) } : { key, state: 'DONE' };
}

/** `google.rpc.Code`, as far as our changes can meet it. */
const codeNames: Readonly<Record<string, string>> = {
  5: 'NOT_FOUND',
  6: 'ALREADY_EXISTS',
  7: 'PERMISSION_DENIED',
  8: 'RESOURCE_EXHAUSTED',
  9: 'FAILED_PRECONDITION',
  10: 'ABORTED',
  14: 'UNAVAILABLE',
};

function givenUp({ kind, name }: ResourceKey, error: JsonObject): AdapterError {
  const [first = error] = objectsIn(error['errors']);
  const code = codeNames[textOf(first['code'])] ?? textOf(first['code']);
  const said = textOf(first['message']);
  const known = meaningIn(answers, { status: 0, code, said });
  const [errorClass, meaning] =
    known ?? (code.startsWith('INVALID') || code === '3' ? ['invalid', 'it is refused'] : ['failed', '']);
  const why = [meaning, [code, said].filter(Boolean).join(': ')].filter(Boolean).join(': ').slice(0, 400);
  const message = `Google has given up the change of ${kind} ${name}${why === '' ? '' : ` (${why})`}. What was in force before is in force.`;
  return new AdapterError(errorClass === 'not-found' ? 'conflict' : errorClass, message, { code, status: 0 });
}
