import { hostsMeet } from '../registry/host.ts';
import type { MeshConfig } from '../objects/config.ts';
import type { Identity } from '../../values/fields.ts';
import { fullHost } from '../registry/registry.ts';
import { gatewaysOf } from '../registry/routes.ts';
import { labelsMatch } from '../registry/scope.ts';
import { flaw, type CheckContext, type Flaw, type MeshCheck } from './check.ts';
import { foreignNetworkPolicies, networkFaults } from './network.ts';

export const foreignObjectChecks: readonly MeshCheck[] = [
  {
    id: 'S24',
    title: 'Network policies lead clients to the gateway, the gateway out, and nobody around it',
    severity: 'error',
    fix: 'Isolate the namespace for egress, with rules for cluster DNS, istiod and the target ports of the gateway.',
    find: networkFaults,
  },
  {
    id: 'S25',
    title: 'No object of others touches our hosts and gateways',
    severity: 'warning',
    fix: 'Remove it, or take its hosts into the intent; keep others from writing such objects by admission control.',
    find: foreign,
  },
  {
    id: 'S30',
    title: 'The settings of the mesh are those that the objects rely on',
    severity: 'error',
    fix: 'Change the MeshConfig, or the flags of istiod.',
    find: ({ snapshot }) => settings(snapshot.config).map((message) => flaw({ id: 'MeshConfig' }, '', message)),
  },
];

function foreign(context: CheckContext): readonly Flaw[] {
  const { snapshot, isOurs, gateways } = context;
  const theirs = <T extends Identity>(objects: readonly T[]): readonly T[] =>
    objects.filter((object) => !isOurs(object));
  const hosts = snapshot.serviceEntries.filter(isOurs).flatMap((entry) => entry.hosts);
  const ours = new Set(snapshot.gateways.filter(isOurs).map(({ namespace, name }) => `${namespace}/${name}`));
  const sidecars = new Set(snapshot.sidecars.filter(isOurs).map(({ namespace }) => namespace));
  const places = gateways.map(
    ({ service }) => `${service.name}.${service.namespace}.svc.${snapshot.config.domainSuffix}`,
  );
  const meets = (host: string): boolean => hosts.some((own) => hostsMeet(own, host));
  const onPods = (labels: Readonly<Record<string, string>>, namespace?: string): boolean =>
    gateways.some(
      (pods) => (namespace === undefined || namespace === pods.namespace) && labelsMatch(labels, pods.labels),
    );
  const root = snapshot.config.rootNamespace;
  return [
    ...theirs(snapshot.serviceEntries)
      .filter((entry) => entry.hosts.some(meets))
      .map((it) => flaw(it, 'spec.hosts', 'registers a host of ours')),
    ...theirs(snapshot.virtualServices)
      .filter((it) => it.hosts.some(meets) || gatewaysOf(it).some((name) => ours.has(name)))
      .map((it) => flaw(it, 'spec', 'routes a host or a gateway of ours')),
    ...theirs(snapshot.destinationRules)
      .filter(
        (it) =>
          meets(it.host) || places.some((place) => hostsMeet(fullHost(it.host, it.namespace, snapshot.config), place)),
      )
      .map((it) => flaw(it, 'spec.host', 'is about a host or a gateway of ours')),
    ...theirs(snapshot.gateways)
      .filter(({ selector }) => onPods(selector))
      .map((it) => flaw(it, 'spec.selector', 'selects the pods of a gateway of ours')),
    ...theirs(snapshot.sidecars)
      .filter(({ namespace }) => sidecars.has(namespace))
      .map((it) => flaw(it, '', 'is in a namespace whose Sidecar is ours')),
    ...theirs(snapshot.authorizationPolicies)
      .filter((it) => onPods(it.selector?.matchLabels ?? {}, it.namespace === root ? undefined : it.namespace))
      .map((it) => flaw(it, 'spec.selector', 'judges the connections of a gateway of ours')),
    ...theirs(snapshot.peerAuthentications)
      .filter((it) => onPods(it.selector?.matchLabels ?? {}, it.namespace))
      .map((it) => flaw(it, 'spec.mtls', 'is about the pods of a gateway of ours')),
    ...theirs(snapshot.telemetries)
      .filter((it) => onPods(it.selector?.matchLabels ?? {}, it.namespace))
      .map((it) => flaw(it, 'spec', 'decides what a gateway of ours logs')),
    ...foreignNetworkPolicies(context),
    ...theirs(snapshot.unmodelled)
      .filter(
        ({ kind, selects: labels, namespace }) =>
          kind === 'EnvoyFilter' && onPods(labels ?? {}, namespace === root ? undefined : namespace),
      )
      .map((it) => flaw(it, '', 'rewrites a gateway of ours')),
    ...theirs(snapshot.routes)
      .filter((it) => it.hostnames.some(meets))
      .map((it) => flaw(it, 'spec.hostnames', 'routes a host of ours')),
    ...theirs(snapshot.services)
      .filter(({ externalName }) => externalName !== undefined && meets(externalName))
      .map((it) => flaw(it, 'spec.externalName', 'is another name for a host of ours')),
  ];
}

function settings(config: MeshConfig): readonly string[] {
  const { outboundTrafficPolicy, serviceEntryVisibility, version } = config;
  return [
    ...(outboundTrafficPolicy === 'REGISTRY_ONLY'
      ? []
      : [`outboundTrafficPolicy is ${outboundTrafficPolicy}: pods without a Sidecar reach every host`]),
    ...(serviceEntryVisibility === 'PUBLIC'
      ? []
      : ['serviceEntryVisibility hides our ServiceEntries from ambient workloads, whose flows then go straight out']),
    ...(isOlder(version, [1, 22]) ? [`Istio ${version} does not serve networking.istio.io/v1`] : []),
  ];
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [own, next] = version.split('.').map(Number);
  if (own === undefined || next === undefined || Number.isNaN(own) || Number.isNaN(next)) return false;
  return own < major || (own === major && next < minor);
}
