import type { Values } from './helm.ts';
import type { Choice } from './kustomize.ts';

/** Values of the chart, and the kustomization that each stands for. */
const flags = {
  embedded: 'embedded',
  'redis.enabled': 'redis',
  podGate: 'pod-gate',
  console: 'console',
  standby: 'standby',
  'secretsDir.enabled': 'mounted-secrets',
  'inMesh.istio': 'in-mesh-istio',
  'inMesh.gatewayApi': 'in-mesh-gateway-api',
  'inMesh.istioDistribution': 'istio-distribution',
  'inMesh.networkPolicy': 'in-mesh-network-policy',
  consistency: 'consistency',
  'serviceMonitor.enabled': 'service-monitor',
} as const;
type Flag = keyof typeof flags;

const all = Object.keys(flags) as Flag[];

/** What is chosen of the chart: each alone, each in one process, some that meddle with each other, everything. */
export const chartChoices: readonly (readonly Flag[])[] = [
  [],
  ...all.map((flag): readonly Flag[] => [flag]),
  ...all.slice(1).map((flag): readonly Flag[] => ['embedded', flag]),
  ['secretsDir.enabled', 'inMesh.istio'],
  ['secretsDir.enabled', 'inMesh.networkPolicy', 'podGate'],
  all.slice(1),
  all,
];

export function valuesFor(chosen: readonly Flag[]): Values {
  const sources = [{ secret: { name: 'edge', items: [{ key: 'token', path: 'edge/token' }] } }];
  const set = Object.fromEntries(chosen.map((flag) => [flag, true]));
  return { cluster: 'blue', 'secretsDir.sources': sources, ...set };
}

export function kustomizationFor(chosen: readonly Flag[]): Choice {
  const components = chosen.filter((flag) => flag !== 'embedded').map((flag) => flags[flag]);
  return { variant: chosen.includes('embedded') ? 'embedded' : 'base', components };
}
