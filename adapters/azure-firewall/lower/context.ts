import type { LowerContext } from '../../../src/adapter/adapter.ts';
import type { AzureConfig } from '../config.ts';

export type Context = LowerContext<AzureConfig>;

/** Does the firewall resolve names itself, for its clients and for its network rules alike? Before the probe it is taken to. */
export function knowsNames({ capabilities }: Pick<Context, 'capabilities'>): boolean {
  return capabilities.choices['names']?.value !== 'application rules only';
}
