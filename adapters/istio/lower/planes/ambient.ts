import { kinds } from '../../objects/kinds.ts';
import { marks, type MeshObject } from '../../objects/mesh-object.ts';
import { destinationName } from '../../objects/names.ts';
import type { Access } from '../access.ts';
import type { Context } from '../context.ts';
import { resolutionOf } from '../destinations/destination.ts';
import { authorizationPolicies } from './authorization-policy.ts';
import { entryPort, serviceEntry } from './service-entry.ts';

/**
 * Through a waypoint, to which ztunnel takes every connection to a host that is bound to it. Only the waypoint's own
 * namespace is named in `exportTo`: ambient mode does not look at it, and sidecars would otherwise go past the waypoint.
 * https://istio.io/latest/docs/ambient/usage/waypoint/
 *
 * @param separate names below a wildcard that are destinations themselves
 */
export function throughWaypoint(access: Access, separate: readonly string[], context: Context): readonly MeshObject[] {
  const { destination, ports } = access;
  const { host, network } = destination;
  const { namespace, name: waypoint } = context.config.waypoint;
  const name = destinationName(context.owner, host, context.config.waypoint);
  const originated = ports.filter(({ port }) => port.originate);
  const tls = { mode: 'SIMPLE', sni: host, subjectAltNames: [host], caCertificates: 'system' };
  const portLevelSettings = originated.map(({ port }) => ({ port: { number: port.port }, tls }));
  const upstream: MeshObject = {
    kind: kinds.destinationRule.kind,
    metadata: { name: `${name}-up`, namespace, annotations: { [marks.host]: host } },
    spec: { host, exportTo: ['.'], trafficPolicy: { portLevelSettings } },
  };
  const target = { targetRefs: [{ group: 'networking.istio.io', kind: kinds.serviceEntry.kind, name }] };
  return [
    ...(originated.length > 0 ? [upstream] : []),
    serviceEntry({
      name,
      namespace,
      host,
      network,
      resolution: resolutionOf(destination),
      exportTo: ['.'],
      ports: ports.map(({ port }) => entryPort(port)),
      labels: { [marks.waypoint]: waypoint },
    }),
    // A waypoint does not match the SNI by itself, and resolves whatever it is shown below a wildcard.
    ...authorizationPolicies(access, {
      name,
      namespace,
      target,
      sni: network === undefined ? host : undefined,
      portOf: ({ port }) => port,
      separate,
      context,
    }),
  ];
}
