import { admits } from '../proxies/ambient.ts';
import { targetsOf } from '../proxies/authorization.ts';
import { isPattern } from '../registry/host.ts';
import type { Labels } from '../../../core/model/snapshot.ts';
import type { ServiceEntry, Sidecar } from '../objects/traffic.ts';
import { flaw, type CheckContext, type Flaw, type MeshCheck } from './check.ts';

export const scopeChecks: readonly MeshCheck[] = [
  {
    id: 'S21',
    title: 'Every pod has one Sidecar, which blocks hosts that it does not import',
    severity: 'error',
    fix: 'Keep one Sidecar without selector per namespace, select with different values of one label, and repeat REGISTRY_ONLY in each.',
    find: sidecarFaults,
  },
  {
    id: 'S22',
    title: 'A wildcard is used only where a policy checks the name',
    severity: 'error',
    fix: 'Write `when: connection.sni` with the wildcard into every ALLOW rule of the waypoint for it.',
    find: wildcardFaults,
  },
  {
    id: 'S23',
    title: 'A ServiceEntry for ambient is bound to a waypoint that admits it, with policies that the waypoint reads',
    severity: 'error',
    fix: 'Keep ServiceEntry, waypoint and policies in one namespace, and attach policies with targetRefs.',
    find: ambientFaults,
  },
];

function sidecarFaults({ snapshot, isOurs }: CheckContext): readonly Flaw[] {
  return snapshot.sidecars.filter(isOurs).flatMap((sidecar) => {
    const rivals = snapshot.sidecars.filter(
      (other) => other.id !== sidecar.id && other.namespace === sidecar.namespace && mayShare(sidecar, other),
    );
    const mode = sidecar.outboundTrafficPolicy?.mode;
    const hosts = sidecar.egress.flatMap((listener) => listener.hosts);
    const catchAll = sidecar.egress.findIndex(({ port }) => port === undefined);
    return [
      ...rivals.map((other) => flaw(sidecar, 'spec.workloadSelector', `may select the same pods as ${other.id}`)),
      ...(mode === 'REGISTRY_ONLY'
        ? []
        : [flaw(sidecar, 'spec.outboundTrafficPolicy', 'is not REGISTRY_ONLY, and a Sidecar does not inherit it')]),
      ...hosts
        .filter((host) => !/^[^/]+\/[^/]+$/.test(host))
        .map((host) => flaw(sidecar, 'spec.egress', `${host} is not namespace/host`)),
      ...(catchAll >= 0 && catchAll < sidecar.egress.length - 1
        ? [flaw(sidecar, `spec.egress[${catchAll}]`, 'a listener without a port has to be the last')]
        : []),
    ];
  });
}

/** Two selectors select different pods only if they require different values of one label. */
function mayShare(a: Sidecar, b: Sidecar): boolean {
  const [left, right] = [a.workloadSelector?.labels, b.workloadSelector?.labels];
  if (left === undefined || right === undefined) return left === right;
  return !Object.entries(left).some(([key, value]) => right[key] !== undefined && right[key] !== value);
}

function waypointOf({
  labels,
  namespace,
}: ServiceEntry): { readonly name: string; readonly namespace: string } | undefined {
  const name = labels['istio.io/use-waypoint'];
  if (name === undefined || name === 'none') return undefined;
  return { name, namespace: labels['istio.io/use-waypoint-namespace'] ?? namespace };
}

function wildcardFaults({ snapshot, isOurs }: CheckContext): readonly Flaw[] {
  const entries = snapshot.serviceEntries.filter((entry) => isOurs(entry) && entry.hosts.some(isPattern));
  const toGateways = snapshot.virtualServices.filter(isOurs).flatMap((service) =>
    [...service.http, ...service.tls, ...service.tcp]
      .flatMap(({ route }) => route)
      .filter(({ destination }) => isPattern(destination.host))
      .map(({ destination }) =>
        flaw(service, 'spec', `routes to ${destination.host}: a gateway cannot resolve a wildcard`),
      ),
  );
  const unguarded = entries
    .filter((entry) => waypointOf(entry) !== undefined && entry.ports.some(({ protocol }) => protocol === 'TLS'))
    .flatMap((entry) =>
      snapshot.authorizationPolicies
        .filter((policy) => policy.namespace === entry.namespace && policy.action === 'ALLOW')
        .filter((policy) => targetsOf(policy).some(({ kind, name }) => kind === 'ServiceEntry' && name === entry.name))
        .flatMap((policy) =>
          policy.rules.flatMap(({ when, to }, index) => {
            const isHttpOnly =
              to.length > 0 &&
              to.every(
                ({ operation }) =>
                  operation.ports.length > 0 && !operation.ports.some((port) => isTlsPort(entry, port)),
              );
            const isGuarded = when.some(({ key, values }) => key === 'connection.sni' && values.length > 0);
            return isHttpOnly || isGuarded
              ? []
              : [
                  flaw(
                    policy,
                    `spec.rules[${index}].when`,
                    'has no connection.sni: the waypoint would resolve any SNI',
                  ),
                ];
          }),
        ),
    );
  return [...toGateways, ...unguarded];
}

function isTlsPort({ ports }: ServiceEntry, text: string): boolean {
  return ports.some(({ number, protocol }) => String(number) === text && protocol === 'TLS');
}

function ambientFaults({ snapshot, isOurs }: CheckContext): readonly Flaw[] {
  const waypoints = snapshot.routeGateways.filter(({ gatewayClassName }) => gatewayClassName === 'istio-waypoint');
  const labelsOf = (name: string): Labels => snapshot.namespaces.find((each) => each.name === name)?.labels ?? {};
  const unbound = snapshot.serviceEntries.filter(isOurs).flatMap((entry) => {
    const wanted = waypointOf(entry);
    if (wanted === undefined) return [];
    const found = waypoints.find(({ name, namespace }) => name === wanted.name && namespace === wanted.namespace);
    if (found === undefined)
      return [
        flaw(entry, 'metadata.labels', `there is no waypoint ${wanted.namespace}/${wanted.name}: the flow bypasses it`),
      ];
    if (admits(found, entry.namespace, labelsOf(entry.namespace))) return [];
    return [flaw(entry, 'metadata.labels', `${found.id} does not admit this namespace: the flow bypasses it`)];
  });
  const homes = new Set(waypoints.map(({ namespace }) => namespace));
  const policies = snapshot.authorizationPolicies.filter(isOurs).flatMap((policy) => {
    const targets = targetsOf(policy);
    if (targets.length === 0) {
      const isLost =
        policy.selector?.matchLabels['gateway.networking.k8s.io/gateway-name'] !== undefined &&
        homes.has(policy.namespace);
      return isLost ? [flaw(policy, 'spec.selector', 'a waypoint ignores policies with a selector')] : [];
    }
    return targets
      .filter(
        ({ kind, name }) =>
          kind === 'ServiceEntry' &&
          !snapshot.serviceEntries.some((entry) => entry.name === name && entry.namespace === policy.namespace),
      )
      .map(({ name }) => flaw(policy, 'spec.targetRefs', `there is no ServiceEntry ${name} in its namespace`));
  });
  return [...unbound, ...policies];
}
