import { z } from 'zod';
import type { Port } from '../../api/fields/destination.ts';
import { canonicalName } from '../../net/name.ts';
import { apiServerOutside, inside, lost, type Remark } from '../outcome.ts';
import { networkWithout, wholeProtocol, type Reach } from '../reach.ts';
import { everywhere } from '../../net/cidr.ts';
import { selectorSchema } from '../selector.ts';

/* Rules of cilium.io/v2: https://docs.cilium.io/en/stable/network/kubernetes/policy/ */

const cidrSchema = z.strictObject({
  cidr: z.string().optional(),
  except: z.array(z.string()).optional(),
  cidrGroupRef: z.string().optional(),
  cidrGroupSelector: z.unknown().optional(),
});

const portRuleSchema = z.strictObject({
  ports: z
    .array(
      z.strictObject({
        port: z.union([z.string(), z.int()]).optional(),
        endPort: z.int().optional(),
        protocol: z.string().optional(),
      }),
    )
    .optional(),
  rules: z.looseObject({}).optional(),
  serverNames: z.array(z.string()).optional(),
  listener: z.unknown().optional(),
  terminatingTLS: z.unknown().optional(),
  originatingTLS: z.unknown().optional(),
});

export const ciliumRuleSchema = z.strictObject({
  toEndpoints: z.array(selectorSchema).optional(),
  toRequires: z.array(z.unknown()).optional(),
  toCIDR: z.array(z.string()).optional(),
  toCIDRSet: z.array(cidrSchema).optional(),
  toEntities: z.array(z.string()).optional(),
  toServices: z.array(z.unknown()).optional(),
  toFQDNs: z
    .array(z.strictObject({ matchName: z.string().optional(), matchPattern: z.string().optional() }))
    .optional(),
  toGroups: z.array(z.unknown()).optional(),
  toNodes: z.array(z.unknown()).optional(),
  toPorts: z.array(portRuleSchema).optional(),
  icmps: z.array(z.unknown()).optional(),
  authentication: z.unknown().optional(),
});
export type CiliumRule = z.output<typeof ciliumRuleSchema>;

export interface ReadRule {
  readonly reach: readonly Reach[];
  /** Something of it that is not here; of an Accept that is less, of a Deny it would be more. */
  readonly remarks: readonly Remark[];
}

const worlds: Readonly<Record<string, readonly string[]>> = {
  world: everywhere,
  all: everywhere,
  'world-ipv4': [everywhere[0]],
  'world-ipv6': [everywhere[1]],
};

/** @param deeperNames `*.example.com` may stand for deeper names, too, which it does not for Cilium */
export function ciliumReach(rule: CiliumRule, field: string, deeperNames: boolean): ReadRule {
  const obstacle = obstacleOf(rule, field);
  if (obstacle) return { reach: [], remarks: [obstacle] };
  const { toPorts, icmps, ...peers } = rule;
  const where = peersOf(peers, field, deeperNames);
  const through = portsOf(toPorts ?? [], `${field}.toPorts`);
  const icmp = icmps === undefined ? [] : [lost(`${field}.icmps`, 'icmp', "Postern's rules cannot express ICMP")];
  const isPeerless = Object.values(peers).every((one) => one === undefined);
  const { toEndpoints, toNodes, toEntities, toCIDR, toCIDRSet } = peers;
  const matchesNobody = [toEndpoints, toNodes, toEntities, toCIDR, toCIDRSet].some((list) => list?.length === 0);
  const hasPorts = toPorts !== undefined && toPorts.length > 0;
  // A rule without peers matches all peers, unless it matches nothing.
  const networks = isPeerless && hasPorts ? everywhere : where.networks;
  // With ICMP beside it, a rule without ports is about ICMP alone.
  const ports = icmps !== undefined && !hasPorts ? undefined : through.ports;
  const isNothing = matchesNobody || ports === undefined || networks.length + where.domainNames.length === 0;
  const reach = isNothing ? [] : [{ domainNames: where.domainNames, networks, ports }];
  return { reach, remarks: [...where.remarks, ...(where.isOutside || isPeerless ? through.remarks : []), ...icmp] };
}

/** What keeps a whole rule from being carried over. */
function obstacleOf(rule: CiliumRule, field: string): Remark | undefined {
  const { toPorts = [], authentication, toRequires, toFQDNs, toServices, toGroups, ...others } = rule;
  if (authentication !== undefined || toRequires !== undefined) {
    const message = 'authentication and toRequires restrict it, and cannot be expressed: not carried over';
    return lost(field, 'limit-not-expressible', message);
  }
  const lists = [toFQDNs, toServices, toGroups].filter((list) => list !== undefined);
  const isAnyOther = Object.values(others).some((list) => list !== undefined);
  if (lists.length === 0 || lists.some((list) => list.length > 0) || isAnyOther || toPorts.length === 0)
    return undefined;
  const message =
    'Cilium treats an empty list of names, Services or groups as an absent list, which is every destination: write the destinations';
  return lost(field, 'empty-list', message);
}

const apiServer = 'kube-apiserver';

interface Where {
  readonly networks: readonly string[];
  readonly domainNames: readonly string[];
  readonly isOutside: boolean;
  readonly remarks: readonly Remark[];
}

type Peers = Omit<CiliumRule, 'toPorts' | 'icmps' | 'authentication' | 'toRequires'>;

function peersOf(peers: Peers, field: string, deeperNames: boolean): Where {
  const {
    toCIDR = [],
    toCIDRSet = [],
    toFQDNs = [],
    toEntities = [],
    toEndpoints,
    toServices,
    toGroups,
    toNodes,
  } = peers;
  const blocks = [...toCIDR.map((cidr) => ({ cidr })), ...toCIDRSet].map(blockOf);
  const names = toFQDNs.map(({ matchName, matchPattern = '' }) => nameOf(matchName, matchPattern, deeperNames));
  const within =
    [toEndpoints, toNodes].some((one) => one !== undefined) ||
    toEntities.some((one) => worlds[one] === undefined && one !== apiServer);
  const domainNames = names.flatMap(({ name }) => name ?? []);
  const networks = [...blocks.flatMap((one) => one ?? []), ...toEntities.flatMap((entity) => worlds[entity] ?? [])];
  const remarks = [
    ...(within ? [inside(field, 'endpoints, nodes and entities')] : []),
    ...(toEntities.includes(apiServer) ? [apiServerOutside(`${field}.toEntities`)] : []),
    ...(toServices === undefined
      ? []
      : [
          lost(
            `${field}.toServices`,
            'network-not-expressible',
            'a Service may stand for addresses outside the cluster, which are not known here: write them as toCIDR, unless it selects pods',
          ),
        ]),
    ...(toGroups === undefined
      ? []
      : [lost(`${field}.toGroups`, 'cloud-groups', 'groups of a cloud are not known here: write their networks')]),
    ...(blocks.includes(undefined)
      ? [
          lost(
            `${field}.toCIDRSet`,
            'network-not-expressible',
            'a group of networks, or no network in CIDR notation: write the networks',
          ),
        ]
      : []),
    ...names.flatMap(({ told }) => (told ? [{ ...told, field: `${field}.toFQDNs` }] : [])),
  ];
  return { networks, domainNames, isOutside: networks.length + domainNames.length > 0, remarks };
}

function blockOf({ cidr, except = [] }: z.output<typeof cidrSchema>): readonly string[] | undefined {
  return cidr === undefined
    ? undefined
    : networkWithout(cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`, except);
}

/** `*` is any number of characters of one label, `**.` at the beginning one label or more, which is what `*.` is here. */
function nameOf(
  matchName: string | undefined,
  pattern: string,
  deeper: boolean,
): { readonly name?: string; readonly told?: Remark } {
  if (matchName !== undefined && !matchName.includes('*')) return plainName(matchName);
  if (matchName !== undefined)
    return {
      told: lost('', 'pattern-not-expressible', `${matchName} is a pattern, which Cilium takes as matchPattern alone`),
    };
  if (!pattern.includes('*')) return plainName(pattern);
  const [, stars = '', rest = ''] = /^(\*+)\.([^*]+)$/.exec(pattern) ?? [];
  if (stars.length > 1) return plainName(`*.${rest}`);
  if (stars === '') {
    const message = `${pattern} cannot be expressed: in Postern, * stands for whole labels at the beginning; write the names`;
    return { told: lost('', 'pattern-not-expressible', message) };
  }
  if (deeper) {
    const message = `${pattern} is one label for Cilium; here it stands for deeper names, too, as --deeper-names said`;
    return {
      ...plainName(pattern),
      told: { effect: 'changed', severity: 'warning', field: '', code: 'deeper-names', message },
    };
  }
  const message = `${pattern} is one label for Cilium, and here it would stand for deeper names, too: write the names, or import with --deeper-names`;
  return { told: lost('', 'one-label-wildcard', message) };
}

/** Case and the last dot do not count. */
function plainName(text: string): { readonly name?: string; readonly told?: Remark } {
  const name = canonicalName(text);
  if (name !== undefined) return { name };
  return { told: lost('', 'pattern-not-expressible', `"${text}" is no full name of a host: write one`) };
}

/** Undefined ports: none of them can be said. */
function portsOf(
  rules: NonNullable<CiliumRule['toPorts']>,
  field: string,
): { readonly ports: readonly Port[] | undefined; readonly remarks: readonly Remark[] } {
  const read = rules.map(({ ports = [], ...limits }) => {
    if (ports.length === 0 || Object.values(limits).some((one) => one !== undefined)) return undefined;
    const each = ports.map(portOf);
    return each.includes(undefined) ? undefined : each.flatMap((one) => one ?? []);
  });
  const remarks = read.includes(undefined)
    ? [
        lost(
          field,
          'port-not-expressible',
          'layer-7 rules, SNI, SCTP, a port by name, or no port at all: not carried over',
        ),
      ]
    : [];
  const known = read.filter((one) => one !== undefined);
  if (known.length === 0) return { ports: rules.length === 0 ? [] : undefined, remarks };
  return { ports: known.flat(), remarks };
}

function portOf({
  port = '0',
  endPort,
  protocol = 'ANY',
}: NonNullable<NonNullable<CiliumRule['toPorts']>[number]['ports']>[number]): readonly Port[] | undefined {
  // Cilium takes `1e3` and `0x50` for names.
  const number = /^\d*$/.test(String(port)) ? Number(port) : NaN;
  const upper = protocol.toUpperCase();
  if (!Number.isInteger(number) || !['ANY', 'TCP', 'UDP'].includes(upper)) return undefined;
  const protocols = (['TCP', 'UDP'] as const).filter((one) => upper === 'ANY' || upper === one);
  if (number === 0) return protocols.map(wholeProtocol);
  return protocols.map((one) => ({ port: number, protocol: one, ...(endPort && endPort > number && { endPort }) }));
}
