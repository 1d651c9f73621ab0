import type { Survey } from './survey.ts';

const whose = { Pod: 'their own', Node: "their nodes'" } as const;

/**
 * The first EnforcementPoint, as a manifest with comments: it observes, so that it is safe to apply as it is. What has to
 * be filled in says so.
 */
export function firstPoint({ sources, egressAddresses }: Pick<Survey, 'sources' | 'egressAddresses'>): string {
  const { vantage, because } = sources;
  const others = egressAddresses.filter(({ pods }) => pods > 0).map(({ id }) => id);
  return [
    '# The first enforcement point: it observes and writes nothing.',
    'apiVersion: postern.dev/v1alpha1',
    'kind: EnforcementPoint',
    'metadata: { name: edge }',
    'spec:',
    '  adapter: fortigate # or the one that your firewall needs: docs/adapters',
    '  mode: Observe # Enforce writes',
    `  # ${vantage === undefined ? 'A guess' : `Pods leave under ${whose[vantage]} addresses`}: ${because}.`,
    `  vantage: { type: ${vantage ?? 'Pod'} }`,
    ...(others.length === 0
      ? []
      : [`  # Pods that ${others.join(', ')} takes need a point of their own, with vantage EgressIP.`]),
    ...clusterNetworks(sources),
    "  config: { url: 'https://192.0.2.1' } # fill in: the firewall",
    '  secretRef: { name: edge } # fill in: a Secret in the namespace of Postern, with the token',
    '',
  ].join('\n');
}

/** From there, whatever no policy accepts is denied: written only if it is certain that only pods are there. */
function clusterNetworks({ vantage, podNetworks, podNetworksBy }: Survey['sources']): readonly string[] {
  const denied = 'where whatever no policy accepts is denied from';
  const networks = `clusterNetworks: [${podNetworks.map((network) => `'${network}'`).join(', ')}]`;
  if (vantage !== 'Node' && podNetworksBy === 'plugin') return [`  ${networks} # ${denied}`];
  const whose = vantage === 'Node' ? 'nodes' : 'pods';
  const seen = vantage === 'Node' || podNetworks.length === 0 ? '  # clusterNetworks: []' : `  # ${networks}`;
  return [`  # Fill in ${denied}: networks in which nobody but ${whose} of this cluster is.`, seen];
}
