/** Groups of which every kind may have a say in who leaves the cluster. */
const groups: ReadonlySet<string> = new Set([
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
  'networking.k8s.io',
  'policy.networking.k8s.io',
  'gateway.networking.k8s.io',
  'cilium.io',
  'projectcalico.org',
  'crd.projectcalico.org',
]);

/** What those kinds refer to. */
const around: ReadonlySet<string> = new Set(['/Namespace', '/Service', '/Pod', '/ConfigMap', 'apps/Deployment']);

/** Is it an object that a mesh or the network of the cluster goes by? */
export function decidesEgress(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('apiVersion' in value)) return false;
  const { kind, apiVersion } = value;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return false;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return groups.has(group) || around.has(`${group}/${kind}`);
}
