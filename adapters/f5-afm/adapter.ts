import { deviceHost } from '../../kit/common/config-options.ts';
import { retirement } from '../../kit/common/rules/retirement.ts';
import type { Adapter } from '../../src/adapter/adapter.ts';
import { as3 } from './as3/as3.ts';
import { batch } from './batch.ts';
import { f5AfmConfigSchema, type F5AfmConfig } from './config.ts';
import { lowerDelta } from './lower/groups.ts';
import { lower, lowering } from './lower/lower.ts';
import { table } from './table.ts';
import { unprobed } from './unprobed.ts';

/** BIG-IP with AFM, TMOS 12.0 and later: address lists and an ordered rule list in one partition, by iControl REST. */
export const f5Afm: Adapter<F5AfmConfig> = {
  kind: 'f5-afm',
  config: f5AfmConfigSchema,
  place: (config) => `${deviceHost(config)} partition ${config.partition}`,
  secretKeys: () => ['username', 'password'],
  capabilities: unprobed,
  lower,
  lowering,
  lowerDelta,
  batch,
  formats: { as3 },
  table,
  retire: retirement('disabled'),
  // What speaks to the device is loaded when there is one to speak to: `plan` on files needs none of it.
  connect: async (config, deps) => {
    const { f5AfmSession } = await import('./device/session.ts');
    return f5AfmSession(config, deps);
  },
};
