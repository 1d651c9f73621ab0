import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { listOf, mapOf, numberOf, textOf, textsOf } from './fields.ts';

/*
 * ServiceEntries and VirtualServices change by member: the namespaces that they are exported to, and of a ServiceEntry
 * also its ports. A client must never see a port of a ServiceEntry for which the VirtualService has no route, or it
 * would go straight there; so ports go before routes do, and come after them.
 */

export type Protocol = 'TLS' | 'HTTP' | 'TCP';

export interface EntryPort {
  readonly port: number;
  readonly protocol: Protocol;
  /** Where the connection goes, if not to `port`; present on every port for which the gateway originates TLS. */
  readonly target?: number;
}

/** Named by the namespaces that may no longer see it while it has no port: a ServiceEntry cannot be without one. */
const withheld = 'postern.dev/withheld-from';
const own = '.';
const noNamespace = '~';
const noPort = { number: 1, name: 'none', protocol: 'TCP' };

interface Read {
  readonly members: readonly string[];
  readonly spec: JsonObject;
  readonly annotations: JsonObject;
}

/** Takes the members out of a spec: `exportTo` keeps only the object's own namespace. */
export function exportsIn({ exportTo, ...spec }: JsonObject): Omit<Read, 'annotations'> {
  const to = textsOf(exportTo);
  return {
    members: to.filter((name) => name !== own).sort(),
    spec: to.includes(own) ? { ...spec, exportTo: [own] } : spec,
  };
}

/** Puts them back. An object that is exported to no namespace needs an explicit `exportTo`: without one it would be for the whole mesh. */
export function exporting(spec: JsonObject, members: readonly string[]): JsonObject {
  const to = [...textsOf(spec['exportTo']), ...members];
  return { ...spec, exportTo: to.length > 0 ? to : [noNamespace] };
}

/** As `exportsIn`, with the ports among the members. */
export function entryIn({ ports, ...rest }: JsonObject, annotations: JsonObject): Read {
  const { [withheld]: names, ...others } = annotations;
  if (names !== undefined) {
    const { exportTo: _, ...spec } = rest;
    const [kept, to] = textOf(names).split(';');
    const members = to ? to.split(',') : [];
    return { members, spec: kept === own ? { ...spec, exportTo: [own] } : spec, annotations: others };
  }
  const { members, spec } = exportsIn({
    ...rest,
    exportTo: textsOf(rest['exportTo']).filter((name) => name !== noNamespace),
  });
  return { members: [...members, ...listOf(ports).map(portOf)].sort(), spec, annotations: others };
}

export function entryWith(
  spec: JsonObject,
  members: readonly string[],
  annotations: JsonObject,
): Pick<Read, 'spec' | 'annotations'> {
  const namespaces = members.filter((member) => !isPort(member));
  const ports = members
    .filter(isPort)
    .map(entryPort)
    .sort((a, b) => numberOf(a['number']) - numberOf(b['number']));
  if (ports.length > 0) return { spec: { ...exporting(spec, namespaces), ports }, annotations };
  const from = `${textsOf(spec['exportTo']).join('')};${namespaces.join(',')}`;
  return {
    spec: { ...spec, exportTo: [noNamespace], ports: [noPort] },
    annotations: { ...annotations, [withheld]: from },
  };
}

/** `443/TLS`, and where TLS is originated `80/HTTP/443`. */
function isPort(member: string): boolean {
  return /^\d+\//.test(member);
}

function portOf(value: Json): string {
  const { number, protocol, targetPort } = mapOf(value);
  const parts = [numberOf(number), textOf(protocol), ...(targetPort === undefined ? [] : [numberOf(targetPort)])];
  return parts.join('/');
}

function entryPort(member: string): JsonObject {
  const [number, protocol = '', targetPort] = member.split('/');
  const port = { number: Number(number), name: portName(protocol, Number(number)), protocol };
  return targetPort === undefined ? port : { ...port, targetPort: Number(targetPort) };
}

/** Istio goes by `protocol`; the name is for people, and has to be a DNS label. */
export function portName(protocol: string, port: number): string {
  return `${protocol.toLowerCase()}-${port}`;
}
