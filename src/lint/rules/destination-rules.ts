import type { Snapshot } from '../../core/model/snapshot.ts';
import { asNetwork, parseCidr } from '../../net/cidr.ts';
import { NetworkSet } from '../../net/network-set.ts';
import { isLive } from '../../core/model/pods.ts';
import { openings, some, type Opening } from '../entries.ts';
import { insecureServicesOn } from './insecure-services.ts';
import type { Finding, LintInput, LintRule } from '../rule.ts';

/** Prefix lengths; a network with a shorter one is hardly ever one destination. */
const broadest = { 4: 16, 6: 32 } as const;

/** Domains under which anyone can register a name, so that a wildcard allows names of strangers. */
const sharedSuffixes: ReadonlySet<string> = new Set([
  'amazonaws.com',
  'azureedge.net',
  'azurewebsites.net',
  'blob.core.windows.net',
  'cloudapp.azure.com',
  'cloudfront.net',
  'firebaseapp.com',
  'github.io',
  'herokuapp.com',
  'netlify.app',
  'ngrok.io',
  'pages.dev',
  'run.app',
  's3.amazonaws.com',
  'vercel.app',
  'web.app',
  'workers.dev',
]);

/** Destinations that allow more than they should need. */
export const destinationRules: readonly LintRule[] = [
  {
    id: 'any-destination',
    severity: 'warning',
    check: ({ snapshot }) =>
      accepted(snapshot).flatMap(({ subject, field, to: { networks = [] } }) =>
        networks.some(isAny) ? [{ subject, field, message: 'allows every address; name the destinations' }] : [],
      ),
  },
  {
    id: 'broad-network',
    severity: 'warning',
    check: ({ snapshot }) =>
      accepted(snapshot).flatMap(({ subject, field, to: { networks = [] } }) =>
        networks
          .filter((network) => isBroad(network) && !isAny(network))
          .map((network) => ({
            subject,
            field: `${field}.networks`,
            message: `${network} is far wider than one destination; write the networks that are needed`,
          })),
      ),
  },
  {
    id: 'broad-wildcard',
    severity: 'warning',
    check: ({ snapshot }) =>
      accepted(snapshot).flatMap(({ subject, field, to: { domainNames = [] } }) =>
        domainNames.filter(isBroadName).map((name) => ({
          subject,
          field: `${field}.domainNames`,
          message: `anyone can register a name that matches ${name}; write the names that are needed`,
        })),
      ),
  },
  {
    id: 'any-port',
    severity: 'warning',
    check: ({ snapshot }) =>
      accepted(snapshot)
        .filter(({ to }) => to.ports === undefined)
        .map(({ subject, field }) => ({
          subject,
          field,
          message: 'allows every protocol and port; write ports',
        })),
  },
  {
    id: 'plaintext-port',
    severity: 'info',
    check: ({ snapshot }) =>
      accepted(snapshot).flatMap(({ subject, field, to: { ports = [] } }) =>
        ports.flatMap((port, index) => {
          const isRange = port.endPort !== undefined && port.endPort !== port.port;
          const [service] = isRange && port.appProtocol !== 'http' ? [] : insecureServicesOn([port]);
          if (service === undefined) return [];
          return [
            {
              subject,
              field: `${field}.ports[${index}]`,
              message: `${service.name}: ${service.why}; use an encrypted protocol if the destination offers one`,
            },
          ];
        }),
      ),
  },
  { id: 'in-cluster-destination', severity: 'warning', check: inCluster },
];

const leftOut = 'leave it out, and permit it by a NetworkPolicy';

/** A point meets what leaves the cluster, so that a rule for what stays in it matches nothing. */
function inCluster({ snapshot }: LintInput): readonly Finding[] {
  const live = snapshot.pods.filter((pod) => isLive(pod) && !pod.hostNetwork);
  const namespaces = new Set(snapshot.namespaces.map(({ name }) => name));
  const own = NetworkSet.of(live.flatMap(({ addresses }) => addresses.map(asNetwork)));
  return accepted(snapshot).flatMap(({ subject, field, to: { networks = [], domainNames = [] } }) => {
    const inside = networks.filter((text) => parseCidr(text) !== undefined && own.contains(text));
    // Where a Service leads is not known here: one of type ExternalName, or with endpoints outside, leads out.
    const services = domainNames.filter((name) => isNameOfCluster(name, namespaces));
    const found = [
      [inside, `stays in the cluster, where no firewall meets it; ${leftOut}`],
      [
        services,
        `names a Service; if that leads into the cluster, no firewall meets it: ${leftOut}; if it leads outside, name the host or network there`,
      ],
    ] as const;
    return found.flatMap(([names, what]) =>
      names.length > 0 ? [{ subject, field, message: `${some(names)}: ${what}` }] : [],
    );
  });
}

/**
 * Of Services: `db.shop.svc`, `db.shop.svc.cluster.local`. No object says whether the cluster has a domain of its own: a name in
 * another one is of a Service if its namespace is there, `db.shop.svc.example.internal`.
 */
function isNameOfCluster(name: string, namespaces: ReadonlySet<string>): boolean {
  const [, namespace = '', domain = 'cluster.local'] = /([^.]+)\.svc(?:\.(.+))?$/.exec(name) ?? [];
  return namespace !== '' && (domain === 'cluster.local' || namespaces.has(namespace));
}

function accepted(snapshot: Snapshot): readonly Opening[] {
  return openings(snapshot).filter(({ action }) => action === 'Accept');
}

/** More than 65,536 IPv4 addresses, or more than the /32 of an IPv6 provider. */
export function isBroad(network: string): boolean {
  const cidr = parseCidr(network);
  return cidr !== undefined && cidr.prefix < broadest[cidr.family];
}

function isAny(network: string): boolean {
  return network === '0.0.0.0/0' || network === '::/0';
}

function isBroadName(name: string): boolean {
  const suffix = name.slice(2);
  return name.startsWith('*.') && (!suffix.includes('.') || sharedSuffixes.has(suffix));
}
