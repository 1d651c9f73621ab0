import { textsOf } from '../../core/approval/governing.ts';
import type { DestinationRef, Port } from '../../api/fields/destination.ts';
import { grouped } from '../../core/model/grouped.ts';
import { compareText } from '../../api/problem.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { canonicalCidr } from '../../net/cidr.ts';
import { canonicalName } from '../../net/name.ts';
import { intersectPorts, type Ports } from '../../core/destinations/ports.ts';
import type { FlowSet, Target } from '../../verify/flows/flow-set.ts';
import { addressIntervals, portIntervals } from '../../verify/flows/intervals.ts';

/** One destination on one port. */
export interface Column {
  /** Name of an ExternalService, or an inline domain name or network itself. */
  readonly destination: string;
  /** `443`, `5432-5440`, or `any`. */
  readonly port: number | string;
  readonly protocol: 'TCP' | 'UDP' | 'any';
  /** The flows that must all be accepted; at least one. */
  readonly flows: readonly FlowSet[];
}

/** A destination and all its ports. */
interface Place {
  readonly destination: string;
  readonly targets: readonly Target[];
  readonly ports: Ports;
}

/** Every destination that a service or a policy names, on every port named with it. Services first, sorted. */
export function columnsOf(snapshot: Snapshot): readonly Column[] {
  const references = referencesOf(snapshot);
  const services = servicePlaces(snapshot, references);
  const inline = references.flatMap(inlinePlaces).sort((a, b) => compareText(a.destination, b.destination));
  return [...distinct(services.flatMap(columns)), ...distinct(inline.flatMap(columns))];
}

function referencesOf(snapshot: Snapshot): readonly DestinationRef[] {
  return [
    ...textsOf(snapshot).flatMap(({ spec }) => spec.to),
    ...snapshot.clusterEgressPolicies.flatMap(({ spec }) => spec.egress.flatMap(({ to }) => to)),
  ];
}

/** A service on its own ports, and on those that a policy selects of them. */
function servicePlaces({ externalServices }: Snapshot, references: readonly DestinationRef[]): Place[] {
  const picked = grouped(references.flatMap(({ externalService, ports }) => (ports ? [[externalService, ports]] : [])));
  return [...externalServices]
    .sort((a, b) => compareText(a.metadata.name, b.metadata.name))
    .flatMap(({ metadata: { name }, spec }) => {
      const targets = targetsOf(spec.domainNames, spec.networks);
      const own = spec.ports ?? [];
      const choices = (picked.get(name) ?? []).flatMap((ports) => {
        const shared = intersectPorts(ports, own);
        return shared === undefined ? [] : [shared];
      });
      return [own, ...choices].map((ports) => ({ destination: name, targets, ports }));
    });
}

function inlinePlaces({ domainNames = [], networks = [], ports = [] }: DestinationRef): readonly Place[] {
  const names = domainNames.map((text) => ({ destination: canonicalName(text) ?? text, targets: targetsOf([text]) }));
  const cidrs = networks.map((text) => ({ destination: canonicalCidr(text) ?? text, targets: targetsOf([], [text]) }));
  return [...names, ...cidrs].map((place) => ({ ...place, ports }));
}

/** Invalid values are left out; lint reports them. */
function targetsOf(domainNames: readonly string[] = [], networks: readonly string[] = []): readonly Target[] {
  const names = domainNames.flatMap((text) => canonicalName(text) ?? []);
  const addresses = addressIntervals(networks);
  return [...names.map((name) => ({ name, except: [] })), ...(addresses.length === 0 ? [] : [{ addresses }])];
}

function columns({ destination, targets, ports }: Place): readonly Column[] {
  if (targets.length === 0) return [];
  const flows = (chosen: Ports): readonly FlowSet[] => targets.map((to) => ({ to, ports: portIntervals(chosen) }));
  if (ports.length === 0) return [{ destination, port: 'any', protocol: 'any', flows: flows([]) }];
  const plain = ports.map(({ appProtocol: _, ...port }) => port);
  return [...plain].sort(comparePorts).map((port) => {
    const { port: first, endPort: last = first, protocol } = port;
    return { destination, port: last === first ? first : `${first}-${last}`, protocol, flows: flows([port]) };
  });
}

function comparePorts(a: Port, b: Port): number {
  return a.port - b.port || (a.endPort ?? a.port) - (b.endPort ?? b.port) || compareText(a.protocol, b.protocol);
}

function distinct(all: readonly Column[]): readonly Column[] {
  const first = new Map(all.map((column) => [`${column.destination} ${column.protocol} ${column.port}`, column]));
  return [...first.values()];
}
