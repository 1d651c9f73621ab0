import { textOf } from '../../../kit/common/api/json.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Ask, Call } from '../api/client.ts';
import type { F5AfmConfig } from '../config.ts';

/*
 * What a context enforces. It is one policy, and the context belongs to others: what they put there is never replaced.
 */

type ContextField = Pick<Call, 'collection' | 'object'> & { readonly field: 'enforcedPolicy' | 'fwEnforcedPolicy' };

function fieldOf({ context }: Pick<F5AfmConfig, 'context'>, object: string): ContextField {
  if (context === 'global') return { collection: 'tm/security/firewall/global-rules', field: 'enforcedPolicy' };
  const collection = 'routeDomain' in context ? 'tm/net/route-domain' : 'tm/ltm/virtual';
  return { collection, object, field: 'fwEnforcedPolicy' };
}

export interface Binding {
  readonly context: string;
  /** Full path of the policy; empty for none. */
  readonly enforced: string;
  /** The context as the device has it. */
  readonly row: JsonObject;
}

/** @param context one of the names of the config's contexts */
export async function readBinding(ask: Ask, config: Pick<F5AfmConfig, 'context'>, context: string): Promise<Binding> {
  const { field, ...at } = fieldOf(config, context);
  const row = await ask({ method: 'GET', ...at });
  const enforced = textOf(row[field]);
  return { context, row, enforced: enforced === 'none' ? '' : enforced };
}

/** What is to be put into a context: a policy, or `none` in its stead. */
interface NewBinding {
  readonly context: string;
  readonly policy: string;
  /** What may be there now, beside nothing. */
  readonly expected: string;
}

/** @throws AdapterError `foreign-owned` when the context enforces something else */
export async function bind(ask: Ask, config: F5AfmConfig, { context, policy, expected }: NewBinding): Promise<void> {
  const { enforced } = await readBinding(ask, config, context);
  if (enforced !== '' && enforced !== expected) {
    throw new AdapterError('foreign-owned', `context ${context} is left alone: ${occupiedBy(enforced)}.`);
  }
  const { field, ...at } = fieldOf(config, context);
  await ask({ method: 'PATCH', ...at, body: { [field]: policy } });
}

export function occupiedBy(enforced: string): string {
  return `it enforces ${enforced}; name that policy in config.policy, and Postern writes one rule into it`;
}
