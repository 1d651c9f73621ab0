import type { JsonObject } from '../../../../src/core/model/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { marks, type MeshObject } from '../../objects/mesh-object.ts';
import { exporting, portName, type EntryPort } from '../../objects/visible-ports.ts';
import { addressOf, isSingle } from '../destinations/destination.ts';
import type { EgressPort } from '../destinations/egress-ports.ts';

export interface Entry {
  readonly name: string;
  readonly namespace: string;
  readonly host: string;
  readonly network: string | undefined;
  readonly resolution: string;
  /** Empty: no namespace. */
  readonly exportTo: readonly string[];
  readonly ports: readonly EntryPort[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** What makes a host known to proxies. https://istio.io/latest/docs/reference/config/networking/service-entry/ */
export function serviceEntry(entry: Entry): MeshObject {
  const { name, namespace, host, network, resolution, exportTo, ports, labels } = entry;
  const single = network !== undefined && isSingle(network) ? addressOf(network) : undefined;
  const spec: JsonObject = {
    hosts: [host],
    ...(network !== undefined && { addresses: [single ?? network] }),
    location: 'MESH_EXTERNAL',
    resolution,
    ...(resolution === 'STATIC' && { endpoints: [{ address: single ?? '' }] }),
    ports: ports.map(({ port, protocol, target }) => ({
      number: port,
      name: portName(protocol, port),
      protocol,
      ...(target !== undefined && { targetPort: target }),
    })),
  };
  const metadata = { name, namespace, annotations: { [marks.host]: host }, ...(labels && { labels }) };
  return { kind: kinds.serviceEntry.kind, metadata, spec: exporting(spec, exportTo) };
}

/** Where TLS is originated the client's port is one of plain HTTP, and no port of TLS is beside it that would lead past. */
export function entryPort({ port, protocol, outside, originate }: EgressPort): EntryPort {
  return originate ? { port, protocol, target: outside } : { port, protocol };
}
