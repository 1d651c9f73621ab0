import { AdapterError } from '../../src/adapter/errors.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Ask, Call } from './client.ts';
import type { F5AfmConfig } from './config.ts';
import { contextName } from './names.ts';
import { textOf } from './native.ts';

/*
 * What a context enforces. It is one policy, and the context belongs to others: what they put there is never replaced.
 */

type Place = Pick<Call, 'collection' | 'object'> & { readonly field: 'enforcedPolicy' | 'fwEnforcedPolicy' };

function placeOf({ context }: Pick<F5AfmConfig, 'context'>): Place {
  if (context === 'global') return { collection: 'tm/security/firewall/global-rules', field: 'enforcedPolicy' };
  return 'routeDomain' in context
    ? { collection: 'tm/net/route-domain', object: context.routeDomain, field: 'fwEnforcedPolicy' }
    : { collection: 'tm/ltm/virtual', object: context.virtualServer, field: 'fwEnforcedPolicy' };
}

export interface Binding {
  /** Full path of the policy; empty for none. */
  readonly enforced: string;
  /** The context as the device has it. */
  readonly row: JsonObject;
}

export async function readBinding(ask: Ask, config: F5AfmConfig): Promise<Binding> {
  const { field, ...place } = placeOf(config);
  const row = await ask({ method: 'GET', ...place });
  const enforced = textOf(row[field]);
  return { row, enforced: enforced === 'none' ? '' : enforced };
}

/**
 * Puts a policy into the context, or takes it out.
 *
 * @param policy `none` takes ours out
 * @param expected what may be there now, beside nothing
 * @throws AdapterError `foreign-owned` when the context enforces something else
 */
export async function bind(ask: Ask, config: F5AfmConfig, policy: string, expected: string): Promise<void> {
  const { enforced } = await readBinding(ask, config);
  if (enforced !== '' && enforced !== expected) throw occupied(config, enforced);
  const { field, ...place } = placeOf(config);
  await ask({ method: 'PATCH', ...place, body: { [field]: policy } });
}

export function occupiedBy(enforced: string): string {
  return `it enforces ${enforced}; name that policy in config.policy, and one rule of ours is put into it`;
}

function occupied(config: F5AfmConfig, enforced: string): AdapterError {
  return new AdapterError('foreign-owned', `context ${contextName(config)} is left alone: ${occupiedBy(enforced)}.`);
}
