import { destinationName } from '../identity.ts';
import { kinds } from '../names.ts';
import { marks, type MeshObject } from '../mesh-object.ts';
import { entryPort, serviceEntry } from './entry.ts';
import type { Granted } from './granted.ts';
import { isSingle, type Place } from './place.ts';
import { policies } from './policy.ts';
import type { Scope } from './scope.ts';

/**
 * Through a waypoint, to which ztunnel takes every connection to a host that is bound to it. Only the waypoint's own
 * namespace is named in `exportTo`: ambient mode does not look at it, and sidecars would otherwise go past the waypoint.
 * https://istio.io/latest/docs/ambient/usage/waypoint/
 */
export function throughWaypoint(granted: Granted, cut: readonly string[], scope: Scope): readonly MeshObject[] {
  const { place, doors } = granted;
  const { namespace, name: waypoint } = scope.config.waypoint;
  const name = destinationName(scope.owner, place.host, scope.config.waypoint);
  const originated = doors.filter(({ door }) => door.originate);
  const tls = { mode: 'SIMPLE', sni: place.host, subjectAltNames: [place.host], caCertificates: 'system' };
  const portLevelSettings = originated.map(({ door }) => ({ port: { number: door.port }, tls }));
  const upstream: MeshObject = {
    kind: kinds.destinationRule.kind,
    metadata: { name: `${name}-up`, namespace, annotations: { [marks.host]: place.host } },
    spec: { host: place.host, exportTo: ['.'], trafficPolicy: { portLevelSettings } },
  };
  const ports = doors.map(({ door }) => entryPort(door));
  const target = { targetRefs: [{ group: 'networking.istio.io', kind: kinds.serviceEntry.kind, name }] };
  return [
    ...(originated.length > 0 ? [upstream] : []),
    serviceEntry({
      name,
      namespace,
      host: place.host,
      network: place.network,
      resolution: resolutionOf(place),
      exportTo: ['.'],
      ports,
      waypoint,
    }),
    // A waypoint does not match the SNI by itself, and resolves whatever it is shown below a wildcard.
    ...policies(
      granted,
      place.network === undefined ? place.host : undefined,
      { name, namespace, target, portOf: ({ port }) => port, scope },
      cut,
    ),
  ];
}

function resolutionOf({ host, network }: Place): string {
  if (network !== undefined) return isSingle(network) ? 'STATIC' : 'NONE';
  return host.startsWith('*.') ? 'DYNAMIC_DNS' : 'DNS';
}
