import { z } from 'zod';
import { isClass, unlessRefused } from '../../../kit/common/api/answers.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { ResourceKey } from '../../../src/core/model/resource.ts';
import type { Answer } from '../api/client.ts';
import { deleteGroup } from './source-groups.ts';
import { rulesPath, templates, statesInProgress, type Azure } from './known.ts';
import { endIn, operationFailed } from './operations.ts';
import { stateIn } from './policy.ts';

/*
 * An update of our rule collection group takes minutes. Any process with the handle polls the operation, and when that has
 * ended, reads the collection group itself.
 */

const usualDelayMs = 10_000;

const handleSchema = z.object({
  keys: z.array(z.object({ kind: z.string(), name: z.string() })),
  /** Absent: it has ended, and the object is still at work. */
  operation: z.string().startsWith('/').optional(),
  /** IP groups and kube selector groups that no rule names when it has ended. */
  replaced: z.array(z.string()),
});
type Handle = z.infer<typeof handleSchema>;

/** Changes of our rule collection group that Azure has accepted. */
export function pendingRules(
  keys: readonly ResourceKey[],
  answer: Answer,
  replaced: readonly string[],
): readonly Outcome[] {
  const { operation } = answer;
  return pending(
    { keys: [...keys], replaced: [...replaced], ...(operation !== undefined && { operation }) },
    answer.retryAfterMs,
    'accepted',
  );
}

function pending(handle: Handle, pollAfterMs = usualDelayMs, deviceSays: string): readonly Outcome[] {
  const text = JSON.stringify(handle);
  return handle.keys.map((key) => ({ key, result: 'pending', handle: text, pollAfterMs, deviceSays }));
}

/** @throws AdapterError `not-found` for a handle that is none, or an operation that Azure does not know */
export async function pollRules(azure: Azure, text: string): Promise<readonly Outcome[]> {
  const handle = handleIn(text);
  const { keys, operation } = handle;
  if (operation !== undefined) {
    const answer = await azure.ask({ method: 'GET', path: operation, template: templates.operation });
    const end = endIn(answer);
    if (end === 'not yet') return pending(handle, answer.retryAfterMs, textOf(answer.body['status']) || 'InProgress');
    if (end !== 'done')
      return keys.map((key) => ({ key, result: 'error', error: operationFailed('the rule collection group', end) }));
  }
  const asked = azure.ask({ method: 'GET', path: rulesPath(azure), template: templates.rules });
  const found = await unlessRefused(asked, 'not-found');
  const state = found === undefined ? '' : stateIn(found.body);
  if (statesInProgress.has(state)) return pending({ keys, replaced: handle.replaced }, found?.retryAfterMs, state);
  if (state === 'Failed')
    return keys.map((key) => ({
      key,
      result: 'error',
      error: operationFailed('the rule collection group', found?.body ?? {}),
    }));
  await tidy(azure, handle.replaced);
  return keys.map((key) => ({ key, result: 'done' }));
}

function handleIn(text: string): Handle {
  try {
    return handleSchema.parse(JSON.parse(text));
  } catch {
    throw new AdapterError(
      'not-found',
      'The handle of a pending operation is of another version; the policy is read again.',
    );
  }
}

/** What cannot be deleted now is found when the policy is read. */
async function tidy(azure: Azure, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await deleteGroup(azure, { natives: new Map() }, name);
    } catch (error) {
      if (!isClass(error, 'not-found', 'in-use', 'busy', 'forbidden', 'invalid')) throw error;
    }
  }
}
