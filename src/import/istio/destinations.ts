import { canonicalName, isWildcard } from '../../net/name.ts';
import { asNetwork, cidrsIntersect, parseCidr } from '../../net/cidr.ts';
import { lost, type Remark } from '../outcome.ts';
import { hostPatternsOverlap, type Entry } from './objects.ts';
import type { Protocol } from './routes.ts';

/** One way out that a ServiceEntry opens: a name or a network, through one port. */
export interface Exit {
  /** The host of the entry: of a network, one of those that stand for it. */
  readonly hosts: readonly string[];
  /** Those of the entry. */
  readonly addresses: readonly string[];
  readonly name?: string;
  readonly network?: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** Whatever goes to the port is treated as it. */
  readonly isWhole: boolean;
}

const protocols: Readonly<Record<string, Protocol>> = {
  ...{ HTTP: 'HTTP', HTTP2: 'HTTP', GRPC: 'HTTP', 'GRPC-WEB': 'HTTP', HTTPS: 'TLS', TLS: 'TLS' },
  ...{ TCP: 'TCP', MONGO: 'TCP', MYSQL: 'TCP', REDIS: 'TCP' },
};

/** What leaves by an entry, as far as it is what the client asked for. */
export function exitsOf(entry: Entry): { readonly exits: readonly Exit[]; readonly remarks: readonly Remark[] } {
  const whole = limitOf(entry);
  if (whole !== undefined) return { exits: [], remarks: [whole] };
  const found = entry.ports.map((port, at) => exitsOfPort(entry, port, `spec.ports[${at}]`));
  return { exits: found.flatMap((one) => one.exits), remarks: found.flatMap((one) => one.remarks) };
}

function limitOf({ location, workloadSelector, endpoints, resolution, hosts }: Entry): Remark | undefined {
  if (location === 'MESH_INTERNAL')
    return lost(
      'spec.location',
      'mesh-internal',
      'MESH_INTERNAL stands for workloads of the mesh: write the addresses of those outside',
    );
  if ((workloadSelector ?? undefined) !== undefined)
    return lost(
      'spec.workloadSelector',
      'limit-not-expressible',
      'leads to workloads by their labels: write their addresses',
    );
  const isElsewhere = (endpoints ?? []).length > 0 && resolution !== 'STATIC';
  if (isElsewhere || ((endpoints ?? []).length === 0 && resolution === 'STATIC'))
    return lost(
      'spec.endpoints',
      'diverted',
      'the requested host and the actual destination differ: write a policy for the actual destination',
    );
  const inside = hosts.find((host) => !host.includes('.') || /\.(?:svc|local|cluster\.local)$/.test(host));
  if (inside !== undefined && (endpoints ?? []).length === 0 && resolution !== 'NONE')
    return lost('spec.hosts', 'within-the-cluster', `${inside} is a name of the cluster`);
  return undefined;
}

type EntryPort = Entry['ports'][number];
type Found = ReturnType<typeof exitsOf>;

function exitsOfPort(entry: Entry, port: EntryPort, field: string): Found {
  const protocol = protocols[(port.protocol ?? '').toUpperCase()];
  if (protocol === undefined)
    return none(
      lost(
        `${field}.protocol`,
        'port-not-expressible',
        `what a proxy does with protocol "${port.protocol ?? ''}" is not known here`,
      ),
    );
  if ((port.targetPort ?? port.number) !== port.number)
    return none(
      lost(
        `${field}.targetPort`,
        'diverted',
        `leaves by port ${port.targetPort ?? 0}, not by the requested port: write an ExternalService with tls: Originate`,
      ),
    );
  const own = { port: port.number, protocol };
  const isByAddress = ['NONE', 'STATIC'].includes(entry.resolution ?? 'NONE') && entry.addresses.length > 0;
  if (isByAddress) return byAddress(entry, own, field);
  if (entry.resolution === 'STATIC')
    return none(
      lost(
        'spec.endpoints',
        'diverted',
        'traffic to the name goes to the endpoints, regardless of what the name resolves to: write the endpoints as addresses',
      ),
    );
  const named = entry.hosts.map((host) => exitTo(entry, host, own, field));
  return { exits: named.flatMap((one) => one.exits), remarks: named.flatMap((one) => one.remarks) };
}

function exitTo(
  { resolution, addresses }: Entry,
  host: string,
  own: Pick<Exit, 'port' | 'protocol'>,
  field: string,
): Found {
  const name = canonicalName(host);
  if (name === undefined || host.startsWith('*.') !== isWildcard(name))
    return none(lost('spec.hosts', 'pattern-not-expressible', `${host} is neither a name nor *.suffix`));
  if (isWildcard(name) && (own.protocol === 'TCP' || ['DNS', 'DNS_ROUND_ROBIN'].includes(resolution ?? 'NONE')))
    return none(lost(field, 'pattern-not-expressible', `${host} is a wildcard, which cannot be resolved`));
  const isWhole = own.protocol === 'TCP' && addresses.length === 0;
  return {
    exits: [{ hosts: [host], addresses, name, ...own, isWhole }],
    remarks: isWhole ? [opaque(field, own.port)] : [],
  };
}

function opaque(field: string, port: number): Remark {
  const message = `has no address, so proxies treat all traffic to port ${port} as traffic to it; here only traffic to the name matches`;
  return { effect: 'changed', severity: 'warning', field, code: 'opaque-port', message };
}

/** Addresses that clients go to themselves. */
function byAddress(entry: Entry, own: Pick<Exit, 'port' | 'protocol'>, field: string): Found {
  const networks = entry.addresses.map((text) => (text.includes('/') ? text : asNetwork(text)));
  if (networks.some((text) => parseCidr(text) === undefined))
    return none(lost('spec.addresses', 'bad-network', 'one is neither an address nor a network: correct it'));
  if (own.protocol !== 'TCP')
    return none(
      lost(
        field,
        'limit-not-expressible',
        'a name and addresses must both match, which cannot be expressed: write a policy for one of them',
      ),
    );
  const ends = (entry.endpoints ?? []).map(({ address }) => address ?? '');
  const isSame =
    ends.every((end) => entry.addresses.includes(end)) && entry.addresses.every((one) => ends.includes(one));
  if (
    entry.resolution === 'STATIC' &&
    (!isSame || entry.endpoints?.some(({ ports }) => (ports ?? undefined) !== undefined))
  )
    return none(
      lost('spec.endpoints', 'diverted', 'traffic to the addresses goes to other endpoints: write a policy for these'),
    );
  const exits = networks.map((network) => ({
    hosts: entry.hosts,
    addresses: entry.addresses,
    network,
    ...own,
    isWhole: false,
  }));
  return { exits, remarks: [] };
}

function none(remark: Remark): Found {
  return { exits: [], remarks: [remark] };
}

/** Might another entry have something to say about the same flow? Of entries with one host a proxy knows one only. */
export function meets(exit: Exit, entry: Entry): boolean {
  if (entry.hosts.some((host) => exit.hosts.some((own) => hostPatternsOverlap(own, host)))) return true;
  if (!entry.ports.some(({ number }) => number === exit.port)) return false;
  if (exit.isWhole) return entry.addresses.length === 0;
  return entry.addresses.some((text) => exit.addresses.some((own) => networksMeet(own, text)));
}

function networksMeet(...texts: readonly [string, string]): boolean {
  const [own, other] = texts.map((text) => parseCidr(text.includes('/') ? text : asNetwork(text)));
  return own === undefined || other === undefined || cidrsIntersect(own, other);
}
