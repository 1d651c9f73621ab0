import { z } from 'zod';
import {
  host,
  hosts,
  inLowerCase,
  labels,
  list,
  maybe,
  namespaced,
  portNumber,
  text,
  texts,
  word,
} from '../../values/fields.ts';

/* networking.istio.io: v1, v1beta1 and v1alpha3 have one shape. */

interface MadeByIstiod {
  /** It is what istiod makes of an object of the Gateway API, whose identity it has. */
  readonly ofRoute?: true;
}

const number = z.object({ number: portNumber });
const exportTo = texts;

const workloadSelector = maybe(z.object({ labels }));

const declaredEntry = namespaced(
  'ServiceEntry',
  z
    .object({
      hosts: texts,
      addresses: texts,
      ports: list(
        z.object({
          number: portNumber,
          name: maybe(text),
          protocol: maybe(word),
          targetPort: maybe(portNumber),
        }),
      ),
      location: maybe(word),
      resolution: maybe(word),
      endpoints: list(
        z.object({ address: maybe(text), network: maybe(text), ports: maybe(z.record(text, portNumber)), labels }),
      ),
      workloadSelector,
      exportTo,
    })
    // What proxies compare letter by letter is kept as it is written.
    .transform(({ hosts: spelled, ...rest }) => ({ ...rest, hosts: spelled.map(inLowerCase), spelled })),
);
/** Where istiod writes the addresses that it gives an entry without any. */
const allocated = z.object({ status: z.object({ addresses: z.array(z.unknown()).min(1) }) });

export const serviceEntrySchema = z.intersection(
  declaredEntry,
  z.unknown().transform((object) => ({ hasStatusAddresses: allocated.safeParse(object).success })),
);
export type ServiceEntry = z.output<typeof serviceEntrySchema>;

const destination = z.object({ host, subset: maybe(text), port: maybe(number) });
export type RouteDestination = z.output<typeof destination>;

const requestHeaders = maybe(
  z.object({ request: maybe(z.object({ set: maybe(z.record(text, text)), add: maybe(z.record(text, text)) })) }),
);
type RequestHeaders = z.output<typeof requestHeaders>;

const weighted = list(z.object({ destination, weight: maybe(z.number()), headers: requestHeaders }));

/** What one match of any of the three kinds of route says before a byte is read. */
const statics = {
  gateways: texts,
  port: maybe(portNumber),
  sourceLabels: labels,
  sourceNamespace: maybe(text),
};

const stringMatch = z.object({ exact: maybe(text), prefix: maybe(text), regex: maybe(text) });
export type StringMatch = z.output<typeof stringMatch>;

const httpMatch = z.object({
  ...statics,
  uri: maybe(stringMatch),
  method: maybe(stringMatch),
  authority: maybe(stringMatch),
  scheme: maybe(stringMatch),
  headers: maybe(z.record(text, z.unknown())),
  withoutHeaders: maybe(z.record(text, z.unknown())),
  queryParams: maybe(z.record(text, z.unknown())),
});
export type HttpMatch = z.output<typeof httpMatch>;

const tlsMatch = z.object({ ...statics, sniHosts: hosts, destinationSubnets: texts });
const tcpMatch = z.object({ ...statics, destinationSubnets: texts });

const share = maybe(z.object({ value: maybe(z.number()) }));

const httpRoute = z
  .object({
    name: maybe(text),
    match: list(httpMatch),
    route: weighted,
    redirect: maybe(z.unknown()),
    directResponse: maybe(z.unknown()),
    delegate: maybe(z.unknown()),
    mirror: maybe(destination),
    mirrorPercentage: share,
    mirrors: list(z.object({ destination: maybe(destination), percentage: share })),
    rewrite: maybe(z.object({ authority: maybe(host) })),
    headers: requestHeaders,
    fault: maybe(z.object({ abort: maybe(z.object({ percentage: share })) })),
  })
  .transform(({ mirror, mirrorPercentage, mirrors, rewrite, headers, fault, ...rest }) => ({
    ...rest,
    /** Who gets a copy of every request, or of some. */
    mirrors: [{ destination: mirror, percentage: mirrorPercentage }, ...mirrors].flatMap((one) =>
      one.destination === undefined || shareOf(one.percentage, 100) === 0 ? [] : [one.destination],
    ),
    /** The host that is asked for in place of the client's. */
    authority: rewrite?.authority ?? hostIn(headers) ?? rest.route.map((one) => hostIn(one.headers)).find(Boolean),
    /** How many of a hundred requests are answered with an error. */
    aborted: fault?.abort === undefined ? 0 : shareOf(fault.abort.percentage, 0),
  }));

function shareOf(percentage: z.output<typeof share>, otherwise: number): number {
  return percentage === undefined ? otherwise : (percentage.value ?? 0);
}

function hostIn(headers: RequestHeaders): string | undefined {
  const { set = {}, add = {} } = headers?.request ?? {};
  const [, found] = Object.entries({ ...add, ...set }).find(([name]) => /^(?:host|:authority)$/i.test(name)) ?? [];
  return found?.toLowerCase();
}

export const virtualServiceSchema = namespaced(
  'VirtualService',
  z.object({
    hosts,
    gateways: texts,
    exportTo,
    http: list(httpRoute),
    tls: list(z.object({ match: list(tlsMatch), route: weighted })),
    tcp: list(z.object({ match: list(tcpMatch), route: weighted })),
  }),
);
export type VirtualService = z.output<typeof virtualServiceSchema> & MadeByIstiod;
export type HttpRoute = VirtualService['http'][number];
export type TlsRoute = VirtualService['tls'][number];
export type TcpRoute = VirtualService['tcp'][number];
export type StaticMatch = Pick<HttpMatch, keyof typeof statics>;

const clientTls = z.object({
  mode: maybe(word),
  sni: maybe(host),
  subjectAltNames: texts,
  caCertificates: maybe(text),
  credentialName: maybe(text),
  clientCertificate: maybe(text),
});
export type ClientTls = z.output<typeof clientTls>;

/** What is said of all ports, or of one. */
const portTraffic = z.object({ tls: maybe(clientTls), loadBalancer: maybe(z.object({ simple: maybe(word) })) });

const trafficPolicy = portTraffic.extend({
  portLevelSettings: list(portTraffic.extend({ port: maybe(number) })),
  tunnel: maybe(z.object({ targetHost: maybe(host), targetPort: maybe(portNumber) })),
});
export type TrafficPolicy = z.output<typeof trafficPolicy>;

export const destinationRuleSchema = namespaced(
  'DestinationRule',
  z.object({
    host,
    exportTo,
    workloadSelector: maybe(z.object({ matchLabels: labels })),
    trafficPolicy: maybe(trafficPolicy),
    subsets: list(z.object({ name: text, labels, trafficPolicy: maybe(trafficPolicy) })),
  }),
);
export type DestinationRule = z.output<typeof destinationRuleSchema>;

const server = z.object({
  port: z.object({ number: portNumber, name: maybe(text), protocol: maybe(word) }),
  hosts,
  name: maybe(text),
  tls: maybe(
    z.object({
      mode: maybe(word),
      httpsRedirect: maybe(z.boolean()),
      credentialName: maybe(text),
      serverCertificate: maybe(text),
      privateKey: maybe(text),
      caCertificates: maybe(text),
      subjectAltNames: texts,
      credentialNames: texts,
      tlsCertificates: list(z.unknown()),
    }),
  ),
});
export type Server = z.output<typeof server>;

export const gatewaySchema = namespaced('Gateway', z.object({ selector: labels, servers: list(server) }));
export type Gateway = z.output<typeof gatewaySchema> & MadeByIstiod;

/** A workload outside of Kubernetes that Services and ServiceEntries select by its labels. */
export const workloadEntrySchema = namespaced(
  'WorkloadEntry',
  z
    .object({ address: maybe(text), network: maybe(text), labels, ports: maybe(z.record(text, portNumber)) })
    .transform(({ labels: workloadLabels, ...rest }) => ({ ...rest, workloadLabels })),
);
export type WorkloadEntry = z.output<typeof workloadEntrySchema>;

export const sidecarSchema = namespaced(
  'Sidecar',
  z.object({
    workloadSelector,
    outboundTrafficPolicy: maybe(z.object({ mode: maybe(word), egressProxy: maybe(destination) })),
    ingress: list(z.unknown()),
    inboundConnectionPool: maybe(z.unknown()),
    egress: list(
      z.object({
        port: maybe(z.object({ number: portNumber, protocol: maybe(word) })),
        bind: maybe(text),
        captureMode: maybe(word),
        hosts,
      }),
    ),
  }),
);
export type Sidecar = z.output<typeof sidecarSchema>;
