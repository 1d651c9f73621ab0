import type { Adapter } from '../../src/adapter/adapter.ts';
import { batch } from './batch.ts';
import { awsConfigSchema, type AwsConfig } from './config.ts';
import { lowerDelta } from './lower/delta.ts';
import { lower } from './lower/lower.ts';
import { table } from './table.ts';
import { unprobed } from './unprobed.ts';

/** AWS Network Firewall: managed prefix lists, and stateful rule groups in strict order in the policy of one firewall. */
export const awsNetworkFirewall: Adapter<AwsConfig> = {
  kind: 'aws-network-firewall',
  config: awsConfigSchema,
  place: ({ region, firewall }) => `${region} ${firewall.slice(firewall.lastIndexOf('/') + 1)}`,
  placeByCredentials: true,
  capabilities: unprobed,
  lower,
  lowerDelta,
  batch,
  table,
  connect: async (config, deps) => {
    const { awsSession } = await import('./device/session.ts');
    return awsSession(config, deps);
  },
};
