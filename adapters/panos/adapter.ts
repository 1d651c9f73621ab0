import { deviceHost } from '../../kit/common/config-options.ts';
import type { Adapter } from '../../src/adapter/adapter.ts';
import { batch } from './batch.ts';
import { panosConfigSchema, type PanosConfig } from './config.ts';
import { lowerDelta } from './lower/delta.ts';
import { lower, lowering } from './lower/lower.ts';
import { table } from './table.ts';
import { ofVersion, unprobed } from './unprobed.ts';

/** PAN-OS 10.2 and later: registered addresses in dynamic address groups, and an ordered block of security rules. */
export const panos: Adapter<PanosConfig> = {
  kind: 'panos',
  config: panosConfigSchema,
  place: (config) =>
    `${deviceHost(config)} ${config.panorama === undefined ? '' : `device group ${config.panorama.deviceGroup} `}${config.vsys}`,
  secretKeys: () => ['apiKey', 'username'],
  capabilities: unprobed,
  ofVersion,
  lower,
  lowering,
  lowerDelta,
  batch,
  table,
  // What speaks to the device is loaded when there is one to speak to: `plan` on files needs none of it.
  connect: async (config, deps) => {
    const { panosSession } = await import('./device/session.ts');
    return panosSession(config, deps);
  },
};
