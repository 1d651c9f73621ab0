import type { Document } from '../outcome.ts';
import type { Checkpoint } from './authorization.ts';
import { fits, gatewaySchema, policiesAt, serviceAt, type GatewayService, type Server } from './gateway-pods.ts';
import { gatewayTlsOf } from './gateway-tls.ts';
import { hostPatternsOverlap, isExported, ofKind, specOf, type MeshSettings } from './objects.ts';
import { gatewaysOf, routeTo, routesOf, type Leads, type Protocol, type Routes } from './routes.ts';

/*
 * The way through an egress gateway: a VirtualService leads from sidecars to the Service of the gateway and from there to the
 * host. Only that form is read, and only whole; anything else may lead elsewhere.
 */

export interface Flow {
  /** Of the ServiceEntry. */
  readonly namespace: string;
  readonly exportTo: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly protocol: Protocol;
}

export interface ViaGateway extends Checkpoint {
  /** `egress.istio-egress.svc.cluster.local`, which clients have to know as well. */
  readonly service: { readonly namespace: string; readonly host: string };
}

export type Way = 'direct' | ViaGateway | { readonly fault: string };

export function gatewayRouteOf(documents: readonly Document[], flow: Flow, settings: MeshSettings): Way {
  const meeting = routesOf(documents).filter(({ hosts }) => hosts.some((host) => hostPatternsOverlap(host, flow.host)));
  const [first, second] = meeting.filter((one) => gatewaysOf(one).includes('mesh'));
  if (first === undefined) return 'direct';
  if (second !== undefined) return { fault: `${first.subject} and ${second.subject} both apply to it` };
  const inward = routeTo(first, 'mesh', flow);
  if (inward === undefined) return { fault: `${first.subject} routes it in a way that cannot be expressed` };
  const isStraight =
    inward.host === flow.host && inward.subset === undefined && (inward.port ?? flow.port) === flow.port;
  return isStraight ? 'direct' : throughGateway(documents, { meeting, first, inward }, flow, settings);
}

function throughGateway(
  documents: readonly Document[],
  { meeting, first, inward }: { readonly meeting: readonly Routes[]; readonly first: Routes; readonly inward: Leads },
  flow: Flow,
  settings: MeshSettings,
): Way {
  const service = serviceAt(documents, inward.host, first.namespace);
  const port = service?.ports.find((one) => one.port === inward.port);
  if (service === undefined || port === undefined)
    return {
      fault: `${first.subject} leads to ${inward.host}, which is not the Service of a gateway with that port in the input`,
    };
  const hop: Hop = { documents, settings, flow, meeting, service, port: port.port, subset: inward.subset };
  const listening = gatewayFor(hop, gatewaysOf(first));
  if ('fault' in listening) return listening;
  const fault = faultOfTls(hop, listening) ?? faultOutward(hop, listening);
  if (fault !== undefined) return { fault };
  const { targetPort = port.port } = port;
  const onPods = typeof targetPort === 'number' ? targetPort : undefined;
  return { ...policiesAt(documents, service, settings), service, port: onPods, ...whatItKnows(listening, flow) };
}

function whatItKnows({ server }: Listening, { host }: Flow) {
  const knowsClients = server.tls?.mode === 'ISTIO_MUTUAL';
  const readsRequests = protocolAt(server) === 'HTTP';
  return { host, knowsClients, readsRequests, sni: readsRequests && !knowsClients ? undefined : host };
}

/** The way from the sidecars to a gateway. */
interface Hop {
  readonly documents: readonly Document[];
  readonly settings: MeshSettings;
  readonly flow: Flow;
  /** Every VirtualService about the host. */
  readonly meeting: readonly Routes[];
  readonly service: GatewayService;
  /** Of the Service. */
  readonly port: number;
  readonly subset: Leads['subset'];
}

interface Listening {
  readonly gateway: { readonly id: string; readonly subject: string };
  readonly server: Server;
}

/** Clients make the TLS that the gateway expects, or the gateway gets none. */
function faultOfTls({ documents, service, subset, flow }: Hop, { gateway, server }: Listening) {
  const tls = gatewayTlsOf(documents, service.host, server.port.number, subset);
  const isSafe = server.tls?.mode === 'ISTIO_MUTUAL' ? tls === flow.host : tls === 'plain';
  return isSafe ? undefined : `no DestinationRule makes the TLS to ${service.host} that ${gateway.subject} expects`;
}

/** From the gateway to the host: one route, and objects that the gateway sees. */
function faultOutward({ meeting, service, flow, settings }: Hop, { gateway, server }: Listening) {
  const { namespace } = service;
  const [outer, ...others] = meeting.filter((one) => gatewaysOf(one).includes(gateway.id));
  const there = { ...flow, port: server.port.number, protocol: protocolAt(server) };
  const outward = outer && others.length === 0 ? routeTo(outer, gateway.id, there) : undefined;
  if (outer === undefined || outward?.host !== flow.host || outward.port !== flow.port)
    return `no VirtualService, or more than one, routes from ${gateway.subject} to it`;
  const shown = [...outer.exportTo, ...(outer.exportTo.length > 0 ? [] : settings.defaultVirtualServiceExportTo)];
  const isSeen =
    isExported(shown.length > 0 ? shown : ['*'], outer.namespace, namespace) &&
    isExported(flow.exportTo, flow.namespace, namespace);
  return isSeen ? undefined : `${gateway.subject} does not see it: exportTo leaves out namespace ${namespace}`;
}

/** The one server that is there for the host on the pods of the Service. */
function gatewayFor(
  { documents, service, port, flow }: Hop,
  bound: readonly string[],
): Listening | { readonly fault: string } {
  const { targetPort = port } = service.ports.find((one) => one.port === port) ?? {};
  const servers = ofKind(documents, 'networking.istio.io/Gateway').flatMap(
    ({ namespace, name, subject, ...document }) => {
      const spec = specOf(gatewaySchema, { ...document, namespace, name, subject });
      return (spec?.servers ?? []).map((server) => ({
        gateway: { id: `${namespace}/${name}`, subject, namespace },
        selector: spec?.selector ?? {},
        server,
      }));
    },
  );
  const rivals = servers.filter(
    ({ server, selector }) =>
      [port, targetPort].includes(server.port.number) &&
      server.hosts.some((host) => hostPatternsOverlap(bare(host), flow.host)) &&
      fits(selector, service.selector),
  );
  const [own, ...more] = rivals;
  if (own === undefined || more.length > 0)
    return { fault: `no Gateway, or more than one, listens for it at ${service.host} port ${port}` };
  const { gateway, server, selector } = own;
  const isThere = Object.entries(selector).every(([key, value]) => service.selector[key] === value);
  const isBound = bound.includes(gateway.id) && server.hosts.some((host) => bare(host) === flow.host);
  if (!isThere || !isBound || Object.keys(selector).length === 0 || server.port.number !== port)
    return { fault: `${gateway.subject} does not listen for it alone at ${service.host} port ${port}` };
  return isKnown(server)
    ? { gateway, server }
    : { fault: `${gateway.subject} terminates its TLS in an unsupported way` };
}

function bare(host: string): string {
  return host.slice(host.indexOf('/') + 1).toLowerCase();
}

function isKnown({ port: { protocol }, tls }: Server): boolean {
  const mode = tls?.mode ?? '';
  if (protocol === 'HTTP') return mode === '';
  return protocol === 'TLS'
    ? ['ISTIO_MUTUAL', 'PASSTHROUGH'].includes(mode)
    : protocol === 'HTTPS' && mode === 'ISTIO_MUTUAL';
}

/** What the routes of the server are about: what it has taken out of its TLS, or the TLS itself. */
function protocolAt({ port: { protocol }, tls }: Server): Protocol {
  if (protocol !== 'TLS') return 'HTTP';
  return tls?.mode === 'PASSTHROUGH' ? 'TLS' : 'TCP';
}
