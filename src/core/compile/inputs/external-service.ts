import type { DestinationRef } from '../../../api/fields/destination.ts';
import type { ExternalService } from '../../../api/kinds.ts';
import type { Destination } from '../../model/desired.ts';
import { intersectPorts, type Ports } from '../../destinations/ports.ts';
import type { Requirements } from '../../select/requirements.ts';
import type { Readings } from './readings.ts';
import { fault, readDestination, readPorts, readSelector, type Fault, type Result } from './fields.ts';

/** An ExternalService, read. */
export interface Service {
  readonly name: string;
  readonly destination: Destination;
  readonly ports: Ports;
  /** Namespaces that may use it. */
  readonly allowed: Requirements;
  readonly log: boolean;
  /** TLS begins at the egress gateway, not in the application. */
  readonly originate: boolean;
  readonly expiresAt: string | undefined;
}

/** A fault and the field of the object that has it. */
export interface PlacedFault {
  readonly field: string;
  readonly fault: Fault;
}

export function readService({ metadata, spec }: ExternalService): { value: Service } | PlacedFault {
  const destination = readDestination(spec.domainNames ?? [], spec.networks ?? []);
  if ('fault' in destination) return { field: fieldOf(destination.fault), fault: destination.fault };
  const ports = readPorts(spec.ports);
  if ('fault' in ports) return { field: 'spec.ports', fault: ports.fault };
  const allowed = readSelector(spec.allowedNamespaces);
  if ('fault' in allowed) return { field: 'spec.allowedNamespaces', fault: allowed.fault };
  if (!allowed.value) {
    const message = 'allowedNamespaces contradicts itself, so that no namespace may use this service';
    return { field: 'spec.allowedNamespaces', fault: { code: 'invalid-selector', message } };
  }
  const { log = false, expiresAt } = spec.governance ?? {};
  return {
    value: {
      name: metadata.name,
      destination: destination.value,
      ports: ports.value,
      allowed: allowed.value,
      log,
      originate: spec.tls === 'Originate',
      expiresAt,
    },
  };
}

/** Where an entry leads. */
export interface Target {
  readonly destination: Destination;
  readonly ports: Ports;
  readonly service: Service | undefined;
}

/** Finds a service that may contribute; the fault says why there is none. */
export type FindService = (name: string) => Result<Service>;

export function readTarget(entry: DestinationRef, find: FindService, readings: Readings): Result<Target> {
  const ports = readings.ports(entry.ports);
  if ('fault' in ports) return ports;
  const inline = entry.domainNames !== undefined || entry.networks !== undefined;
  if (entry.externalService === undefined) {
    const destination = readInline(entry, readings);
    if ('fault' in destination) return destination;
    return { value: { destination: destination.value, ports: ports.value, service: undefined } };
  }
  if (inline) {
    return fault('ambiguous-destination', 'names an externalService and an inline destination; keep one of them');
  }
  const found = find(entry.externalService);
  if ('fault' in found) return found;
  const service = found.value;
  const shared = ports.value.length === 0 ? service.ports : intersectPorts(ports.value, service.ports);
  return shared
    ? { value: { destination: service.destination, ports: shared, service } }
    : fault(
        'no-common-port',
        `ExternalService ${service.name} has none of these ports; correct them, or leave them out`,
      );
}

/** What an entry writes itself, rather than by the name of a service. */
export function readInline({ domainNames, networks }: DestinationRef, readings: Readings): Result<Destination> {
  return readings.destination(domainNames ?? [], networks ?? []);
}

function fieldOf({ code }: Fault): string {
  return code === 'invalid-network' ? 'spec.networks' : code === 'invalid-name' ? 'spec.domainNames' : 'spec';
}
