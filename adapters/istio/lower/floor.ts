import type { JsonObject } from '../../../src/core/model/json.ts';
import type { GatewayRef } from '../config.ts';
import { sidecarName } from '../identity.ts';
import { kinds, objectName } from '../names.ts';
import { marks, type MeshObject } from '../mesh-object.ts';
import { allowNothing } from './policy.ts';
import type { Scope } from './scope.ts';

/*
 * What is there whatever the policies say: namespaces that know only what is granted, gateways that let nobody through
 * by themselves, and the log of all that goes through them.
 */

export function floorOf(namespaces: readonly string[], scope: Scope): readonly MeshObject[] {
  const { config } = scope;
  if (config.plane === 'ambient') return atWaypoint(scope);
  const gateways = config.plane === 'gateway' ? gatewaysOf(scope) : [];
  const homes = [
    ...new Set(config.plane === 'direct' ? [config.directNamespace] : gateways.map(({ namespace }) => namespace)),
  ];
  const kept = new Set([config.rootNamespace, ...homes]);
  return [
    ...gateways.flatMap((gateway) => atGateway(gateway, scope)),
    ...namespaces
      .filter((namespace) => !kept.has(namespace))
      .map((namespace) => closed(namespace, homes.sort(), scope)),
  ];
}

/** Each once, however often it is configured. */
export function gatewaysOf({ config }: Pick<Scope, 'config'>): readonly GatewayRef[] {
  const { services, namespaces } = config.dedicated;
  const all = [config.gateway, ...Object.values(services), ...Object.values(namespaces)];
  const known = new Map(all.map((gateway) => [`${gateway.namespace}/${gateway.service}`, gateway]));
  return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, gateway]) => gateway);
}

function atGateway({ namespace, service, selector }: GatewayRef, scope: Scope): readonly MeshObject[] {
  const target = { selector: { matchLabels: selector } };
  const place = `${namespace}/${service}`;
  return [
    allowNothing(objectName(scope.owner, `deny-${service}`, 'default deny', place), namespace, target),
    ...logOf(objectName(scope.owner, `log-${service}`, 'log', place), namespace, target, scope),
  ];
}

function atWaypoint(scope: Scope): readonly MeshObject[] {
  const { namespace, name } = scope.config.waypoint;
  const target = { targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name }] };
  const place = `${namespace}/${name}`;
  return [
    allowNothing(objectName(scope.owner, `deny-${name}`, 'waypoint default deny', place), namespace, target),
    ...logOf(objectName(scope.owner, `log-${name}`, 'waypoint log', place), namespace, target, scope),
  ];
}

/** One for all pods of a namespace that have none of their own. https://istio.io/latest/docs/reference/config/networking/sidecar/ */
function closed(namespace: string, homes: readonly string[], { config, owner }: Scope): MeshObject {
  const imports = config.imports ?? [`*/*.svc.${config.clusterDomain}`];
  return {
    kind: kinds.sidecar.kind,
    metadata: { name: sidecarName(owner), namespace, labels: { [marks.role]: 'default-deny' } },
    spec: {
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      egress: [{ hosts: [...imports, ...homes.map((home) => `${home}/*`)] }],
    },
  };
}

/** The tag says who asked for which host; what is written of each access is up to the provider. */
function logOf(name: string, namespace: string, target: JsonObject, { config, facts }: Scope): readonly MeshObject[] {
  if (!facts.logs) return [];
  const spec = { ...target, accessLogging: [{ providers: [{ name: config.telemetry.provider }] }] };
  return [{ kind: kinds.telemetry.kind, metadata: { name, namespace }, spec }];
}
