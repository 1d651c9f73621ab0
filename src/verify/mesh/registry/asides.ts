import { grouped } from '../../../core/model/grouped.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import type { RouteDestination, TrafficPolicy, VirtualService } from '../objects/traffic.ts';
import { tunnelOf } from './destination-rules.ts';
import { fullHost, portOf, type Registry } from './registry.ts';

/** A host that workloads get to without asking for it: what they ask of another is copied to it, or carried on to it. */
export interface Aside {
  /** The object that has it so. */
  readonly by: string;
  readonly how: string;
  /** Outside; empty: any. */
  readonly ports: readonly number[];
}

/** The mirrors of VirtualServices and the tunnels of DestinationRules of all namespaces, by host; whose proxies follow them is another question. */
export function readAsides(
  { virtualServices, destinationRules, config }: MeshSnapshot,
  { byHost }: Registry,
): ReadonlyMap<string, readonly Aside[]> {
  const outside = (host: string, number: number | undefined): readonly number[] =>
    byHost.exactly(host).flatMap((service) => {
      const port = number === undefined ? undefined : portOf(service, number);
      return (port === undefined ? service.ports : [port]).map((one) => one.target ?? one.number);
    });
  const mirrored = ({ id, namespace }: VirtualService, { host, port }: RouteDestination): readonly [string, Aside] => {
    const full = fullHost(host, namespace, config);
    return [full, { by: id, how: 'sends a copy of requests there (mirror)', ports: outside(full, port?.number) }];
  };
  const tunnelled = (id: string, policy: TrafficPolicy | undefined): readonly (readonly [string, Aside])[] => {
    const { targetHost, targetPort } = policy?.tunnel ?? {};
    if (targetHost === undefined) return [];
    const how = `has proxies ask others for a connection to ${tunnelOf(policy) ?? ''} (tunnel)`;
    return [[targetHost, { by: id, how, ports: targetPort === undefined ? [] : [targetPort] }]];
  };
  return grouped([
    ...virtualServices.flatMap((service) =>
      service.http.flatMap(({ mirrors }) => mirrors.map((mirror) => mirrored(service, mirror))),
    ),
    ...destinationRules.flatMap(({ id, trafficPolicy, subsets }) =>
      [trafficPolicy, ...subsets.map((subset) => subset.trafficPolicy)].flatMap((policy) => tunnelled(id, policy)),
    ),
  ]);
}
