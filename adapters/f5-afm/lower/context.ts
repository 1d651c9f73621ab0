import type { LowerContext } from '../../../src/adapter/adapter.ts';
import type { F5AfmConfig } from '../config.ts';

export type Context = LowerContext<F5AfmConfig>;

/** The id of the route domain that addresses belong to: as the device tells it of the context, or as configured. */
export function routeDomainOf({ capabilities, config }: Pick<Context, 'capabilities' | 'config'>): number {
  return Number(capabilities.choices['routeDomain']?.value ?? config.routeDomain);
}
