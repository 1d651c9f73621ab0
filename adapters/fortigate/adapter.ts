import { deviceHost } from '../../kit/common/config-options.ts';
import { retirement } from '../../kit/common/rules/retirement.ts';
import type { Adapter } from '../../src/adapter/adapter.ts';
import { batch } from './batch.ts';
import { fortigateConfigSchema, type FortigateConfig } from './config.ts';
import { lowerDelta } from './lower/delta.ts';
import { lower, lowering } from './lower/lower.ts';
import { table } from './table.ts';
import { ofVersion, unprobed } from './unprobed.ts';

/** FortiOS 6.4 and later: groups or pushed feeds, and an ordered block of policies in one VDOM. */
export const fortigate: Adapter<FortigateConfig> = {
  kind: 'fortigate',
  config: fortigateConfigSchema,
  place: (config) => `${deviceHost(config)} VDOM ${config.vdom}`,
  secretKeys: () => ['token'],
  capabilities: unprobed,
  ofVersion,
  lower,
  lowering,
  lowerDelta,
  batch,
  table,
  retire: retirement('disable'),
  // What speaks to the device is loaded when there is one to speak to: `plan` on files needs none of it.
  connect: async (config, deps) => {
    const { fortigateSession } = await import('./device/session.ts');
    return fortigateSession(config, deps);
  },
};
