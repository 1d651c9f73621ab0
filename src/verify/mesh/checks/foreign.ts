import { hostPatternsOverlap } from '../registry/host.ts';
import { isOlder, type MeshConfig } from '../objects/config.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import type { Identity } from '../../values/fields.ts';
import { fullHost } from '../registry/registry.ts';
import { gatewaysOf } from '../registry/routes.ts';
import { labelsMatch } from '../registry/scope.ts';
import { flaw, type CheckContext, type Flaw, type MeshCheck } from './check.ts';
import { foreignNetworkPolicies, networkFaults } from './network.ts';

export const foreignObjectChecks: readonly MeshCheck[] = [
  {
    id: 'S24',
    title: 'Network policies let clients reach the gateway, let the gateway leave the cluster, and block the bypass',
    severity: 'error',
    fix: 'Isolate the namespace for egress, with rules for cluster DNS, istiod and the target ports of the gateway.',
    find: networkFaults,
  },
  {
    id: 'S25',
    title: 'No foreign object affects our hosts and gateways',
    severity: 'warning',
    fix: 'Remove it, or add its hosts to the intent; prevent such objects by admission control.',
    find: foreign,
  },
  {
    id: 'S30',
    title: 'The mesh has the settings that our objects rely on',
    severity: 'error',
    fix: 'Change the MeshConfig, or the flags of istiod.',
    find: ({ snapshot }) => settings(snapshot.config).map((message) => flaw({ id: 'MeshConfig' }, '', message)),
  },
];

const gatewayName = 'gateway.networking.k8s.io/gateway-name';

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
  const isOfGateway = (host: string): boolean => places.some((place) => hostPatternsOverlap(host, place));
  const meets = (host: string): boolean => hosts.some((own) => hostPatternsOverlap(own, host));
  const onPods = (labels: Readonly<Record<string, string>>, namespace?: string): boolean =>
    gateways.some(
      (pods) => (namespace === undefined || namespace === pods.namespace) && labelsMatch(labels, pods.labels),
    );
  const root = snapshot.config.rootNamespace;
  return [
    ...theirs(snapshot.serviceEntries)
      .filter((entry) => entry.hosts.some(meets))
      .map((it) => flaw(it, 'spec.hosts', 'registers one of our hosts')),
    ...theirs(snapshot.virtualServices)
      .filter((it) => it.hosts.some(meets) || gatewaysOf(it).some((name) => ours.has(name)))
      .map((it) => flaw(it, 'spec', 'routes one of our hosts, or is bound to one of our gateways')),
    ...theirs(snapshot.destinationRules)
      .filter(({ host, namespace }) => meets(host) || isOfGateway(fullHost(host, namespace, snapshot.config)))
      .map((it) => flaw(it, 'spec.host', 'applies to one of our hosts or gateways')),
    ...theirs(snapshot.gateways)
      .filter(({ selector }) => onPods(selector))
      .map((it) => flaw(it, 'spec.selector', 'selects the pods of one of our gateways')),
    ...theirs(snapshot.sidecars)
      .filter(({ namespace }) => sidecars.has(namespace))
      .map((it) => flaw(it, '', 'is in a namespace that has our Sidecar')),
    ...theirs(snapshot.authorizationPolicies)
      .filter((it) => onPods(it.selector?.matchLabels ?? {}, it.namespace === root ? undefined : it.namespace))
      .map((it) => flaw(it, 'spec.selector', 'applies to connections of one of our gateways')),
    ...theirs(snapshot.peerAuthentications)
      .filter((it) => onPods(it.selector?.matchLabels ?? {}, it.namespace))
      .map((it) => flaw(it, 'spec.mtls', 'applies to the pods of one of our gateways')),
    ...theirs(snapshot.telemetries)
      .filter((it) => onPods(it.selector?.matchLabels ?? {}, it.namespace))
      .map((it) => flaw(it, 'spec', 'changes what one of our gateways logs')),
    ...foreignNetworkPolicies(context),
    ...theirs(snapshot.extensions)
      .filter(({ targets, selects: labels, namespace }) =>
        targets.length === 0
          ? onPods(labels ?? {}, namespace === root ? undefined : namespace)
          : targets.some(({ kind, name }) => kind === 'Gateway' && onPods({ [gatewayName]: name }, namespace)),
      )
      .map((it) => flaw(it, '', `${effectOf(it)} one of our gateways`)),
    ...theirs(snapshot.routes)
      .filter((it) => it.hostnames.some(meets))
      .map((it) => flaw(it, 'spec.hostnames', 'routes one of our hosts')),
    ...theirs(snapshot.services)
      .filter(({ externalName }) => externalName !== undefined && meets(externalName))
      .map((it) => flaw(it, 'spec.externalName', 'is an alias of one of our hosts')),
  ];
}

function effectOf({ kind }: MeshSnapshot['extensions'][number]): string {
  return kind === 'EnvoyFilter' ? 'changes the configuration of' : 'has code of its own judge what goes through';
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
