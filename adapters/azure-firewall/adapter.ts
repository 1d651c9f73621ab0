import type { Adapter } from '../../src/adapter/adapter.ts';
import { batch } from './batch.ts';
import { azureConfigSchema, type AzureConfig } from './config.ts';
import { lowerDelta } from './lower/groups.ts';
import { lower, lowering } from './lower/lower.ts';
import { placeOf } from './objects/names.ts';
import { table } from './table.ts';
import { unprobed } from './unprobed.ts';

/** Azure Firewall: IP groups or kube selector groups whose content never changes, and one rule collection group in a firewall policy. */
export const azureFirewall: Adapter<AzureConfig> = {
  kind: 'azure-firewall',
  config: azureConfigSchema,
  place: placeOf,
  refusesVantage: (type, { acceptPodAddresses, sources }) => {
    if (sources === 'kube-selector-groups')
      return type === 'Labels'
        ? undefined
        : 'kube selector groups take labels, not addresses: set vantage type Labels, or other sources';
    if (type === 'Identity' || type === 'Labels')
      return `azure-firewall cannot work with ${type} and sources ${sources}; set Node, EgressGateway, EgressIP or Static`;
    if (type !== 'Pod' || acceptPodAddresses) return undefined;
    return 'azure-firewall takes 3 to 5 minutes for a change, which pods do not wait for: set Node, EgressGateway or EgressIP, or accept that a pod that starts waits, and that an address stays allowed so long, with config.acceptPodAddresses: true';
  },
  secretKeys: ({ credentials }) => (credentials === 'ClientSecret' ? ['clientSecret'] : []),
  capabilities: unprobed,
  lower,
  lowering,
  lowerDelta,
  batch,
  table,
  connect: async (config, deps) => {
    const { azureSession } = await import('./device/session.ts');
    return azureSession(config, deps);
  },
};
