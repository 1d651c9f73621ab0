import type { Adapter } from '../../src/adapter/adapter.ts';
import { batch } from './batch.ts';
import { gcpConfigSchema, type GcpConfig } from './config.ts';
import { lower, lowering } from './lower/lower.ts';
import { placeOf } from './objects/names.ts';
import { table } from './table.ts';
import { unprobed } from './unprobed.ts';

/** Google Cloud NGFW: rules with their source addresses in a range of priorities of one network firewall policy. */
export const gcpFirewall: Adapter<GcpConfig> = {
  kind: 'gcp-firewall',
  config: gcpConfigSchema,
  place: placeOf,
  secretKeys: ({ credentials }) => (credentials === 'File' ? ['credentials.json'] : []),
  capabilities: unprobed,
  lower,
  lowering,
  batch,
  table,
  connect: async (config, deps) => {
    const { gcpSession } = await import('./device/session.ts');
    return gcpSession(config, deps);
  },
};
