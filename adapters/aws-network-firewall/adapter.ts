import type { Adapter } from '../../src/adapter/adapter.ts';
import { batch } from './batch.ts';
import { awsConfigSchema, type AwsConfig } from './config.ts';
import { lowerDelta } from './lower/delta.ts';
import { lower, lowering } from './lower/lower.ts';
import { nameIn } from './objects/names.ts';
import { table } from './table.ts';
import { unprobed } from './unprobed.ts';

/** AWS Network Firewall: managed prefix lists, and stateful rule groups in strict order in the policy of one firewall. */
export const awsNetworkFirewall: Adapter<AwsConfig> = {
  kind: 'aws-network-firewall',
  config: awsConfigSchema,
  refusesVantage: (type, { sources }) => {
    const isTold = type === 'Labels';
    if (sources === 'container-association')
      return isTold
        ? undefined
        : `container associations take labels, not addresses: set vantage type Labels, or other sources`;
    if (!isTold && type !== 'Identity') return undefined;
    return `aws-network-firewall cannot work with ${type} and sources ${sources}; set Pod, Node, EgressGateway, EgressIP or Static`;
  },
  place: ({ region, firewall }) => `${region} ${nameIn(firewall)}`,
  placeByCredentials: true,
  capabilities: unprobed,
  lower,
  lowering,
  lowerDelta,
  batch,
  table,
  connect: async (config, deps) => {
    const { awsSession } = await import('./device/session.ts');
    return awsSession(config, deps);
  },
};
