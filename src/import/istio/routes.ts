import { z } from 'zod';
import type { Document } from '../outcome.ts';
import { hostPatternsOverlap, ofKind, specOf } from './objects.ts';

/* VirtualServices, of which only routes without conditions but port, gateway and SNI are read. */

export type Protocol = 'HTTP' | 'TLS' | 'TCP';

export interface Routes {
  readonly subject: string;
  readonly namespace: string;
  readonly hosts: readonly string[];
  readonly gateways: readonly string[];
  readonly exportTo: readonly string[];
  readonly value: unknown;
}

const headSchema = z.looseObject({
  hosts: z.array(z.string()).nullish(),
  gateways: z.array(z.string()).nullish(),
  exportTo: z.array(z.string()).nullish(),
});

export function routesOf(documents: readonly Document[]): readonly Routes[] {
  return ofKind(documents, 'networking.istio.io/VirtualService').map((document) => {
    const { namespace, subject, value } = document;
    // What cannot be read may be about every host.
    const { hosts, gateways, exportTo } = specOf(headSchema, document) ?? { hosts: ['*'], gateways: [] };
    const lower = (hosts ?? []).map((host) => host.toLowerCase());
    return {
      subject,
      namespace,
      hosts: lower,
      gateways: gateways ?? [],
      exportTo: exportTo ?? [],
      value: value['spec'],
    };
  });
}

/** `mesh` and `namespace/name`. */
export function gatewaysOf({ gateways, namespace }: Pick<Routes, 'gateways' | 'namespace'>): readonly string[] {
  if (gateways.length === 0) return ['mesh'];
  return gateways.map((name) => (name === 'mesh' || name.includes('/') ? name : `${namespace}/${name}`));
}

const matchSchema = z.strictObject({
  name: z.string().optional(),
  gateways: z.array(z.string()).optional(),
  port: z.int().optional(),
  sniHosts: z.array(z.string()).optional(),
});
const routeSchema = z.strictObject({
  name: z.string().optional(),
  match: z.array(matchSchema).optional(),
  route: z
    .array(
      z.strictObject({
        destination: z.strictObject({
          host: z.string(),
          subset: z.string().optional(),
          port: z.strictObject({ number: z.int() }).optional(),
        }),
        weight: z.int().optional(),
      }),
    )
    .length(1),
  timeout: z.unknown().optional(),
  retries: z.unknown().optional(),
});
const specSchema = z.looseObject({
  hosts: z.array(z.string()),
  http: z.array(routeSchema).optional(),
  tls: z.array(routeSchema).optional(),
  tcp: z.array(routeSchema).optional(),
});

export interface Leads {
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number | undefined;
}

const fields = { HTTP: 'http', TLS: 'tls', TCP: 'tcp' } as const;

/** Where the one route for a flow at a gateway or, `mesh`, a sidecar leads; undefined: there is no such one. */
export function routeTo(
  routes: Routes,
  gateway: string,
  { host, port, protocol }: { readonly host: string; readonly port: number; readonly protocol: Protocol },
): Leads | undefined {
  const { data } = specSchema.safeParse(routes.value);
  if (!data?.hosts.some((one) => one.toLowerCase() === host)) return undefined;
  const matches = (data[fields[protocol]] ?? []).flatMap(({ match = [], route }) => {
    const all = match.length === 0 ? [{}] : match;
    return all.map((one: z.output<typeof matchSchema>) => ({ ...one, route }));
  });
  const own = matches.filter(
    (one) =>
      gatewaysOf({ gateways: one.gateways ?? routes.gateways, namespace: routes.namespace }).includes(gateway) &&
      (one.port ?? port) === port &&
      (one.sniHosts === undefined || one.sniHosts.some((sni) => hostPatternsOverlap(sni.toLowerCase(), host))),
  );
  const [found, ...more] = own;
  if (found === undefined || more.length > 0) return undefined;
  if (protocol === 'TLS' && found.sniHosts?.some((sni) => sni.toLowerCase() === host) !== true) return undefined;
  const destination = found.route[0]?.destination;
  return (
    destination && { host: destination.host.toLowerCase(), subset: destination.subset, port: destination.port?.number }
  );
}
