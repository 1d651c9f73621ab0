import { z } from 'zod';
import type { Port } from '../../api/fields/destination.ts';
import { inside, lost, type Remark } from '../outcome.ts';
import { networkWithout, wholeProtocol, type Reach } from '../reach.ts';
import { everywhere } from '../../net/cidr.ts';

/* Rules of projectcalico.org/v3: https://docs.tigera.io/calico/latest/reference/resources/networkpolicy */

const entitySchema = z.strictObject({
  nets: z.array(z.string()).optional(),
  notNets: z.array(z.string()).optional(),
  domains: z.array(z.string()).optional(),
  selector: z.string().optional(),
  notSelector: z.string().optional(),
  namespaceSelector: z.string().optional(),
  services: z.unknown().optional(),
  serviceAccounts: z.unknown().optional(),
  ports: z.array(z.union([z.int(), z.string()])).optional(),
  notPorts: z.array(z.unknown()).optional(),
});
type Entity = z.output<typeof entitySchema>;

export const calicoRuleSchema = z.strictObject({
  action: z.enum(['Allow', 'Deny', 'Log', 'Pass']),
  metadata: z.unknown().optional(),
  ipVersion: z.union([z.literal(4), z.literal(6)]).optional(),
  protocol: z.union([z.int(), z.string()]).optional(),
  notProtocol: z.unknown().optional(),
  icmp: z.unknown().optional(),
  notICMP: z.unknown().optional(),
  source: z.unknown().optional(),
  destination: entitySchema.optional(),
  http: z.unknown().optional(),
});
type Rule = z.output<typeof calicoRuleSchema>;

export interface CalicoReach {
  readonly action: 'Accept' | 'Deny';
  readonly reach: readonly Reach[];
  readonly remarks: readonly Remark[];
}

/** What one rule says here; undefined: nothing is decided by it. */
export function calicoReach(rule: Rule, field: string): CalicoReach | undefined {
  if (rule.action === 'Log') return undefined;
  const read = reachOf(rule, field);
  if (rule.action === 'Allow') return { action: 'Accept', ...read };
  const isWhole = rule.action === 'Deny' && read.remarks.every(({ code }) => code === 'within-the-cluster');
  if (isWhole) return { action: 'Deny', ...read };
  // A Pass hands on to what is not carried over, and a Deny in part would leave more permitted than there.
  const why =
    rule.action === 'Pass' ? 'Pass continues with rules that are not known here' : (read.remarks[0]?.message ?? '');
  const message = `${why}; to permit nothing more than before, everything is denied from here on`;
  const remark: Remark = { effect: 'changed', severity: 'warning', field, code: 'denies-more', message };
  return { action: 'Deny', reach: [{ networks: everywhere, ports: [] }], remarks: [remark] };
}

type Read = Omit<CalicoReach, 'action'>;

/** It finds NetworkSets as well, which are outside, and are not known here: an Accept of them is less, a Deny is not whole. */
function bySelector(field: string, action: Rule['action']): Remark {
  if (action === 'Allow') {
    const remark = inside(field, 'pods by selector');
    return {
      ...remark,
      message: `${remark.message}; the networks of NetworkSets are not in the input, so write them as nets`,
    };
  }
  return lost(
    field,
    'selector-not-expressible',
    'a selector may match NetworkSets, and their networks are not in the input: write them as nets',
  );
}

function reachOf({ ipVersion, protocol, destination = {}, ...rule }: Rule, field: string): Read {
  const { notProtocol, icmp, notICMP, source, http } = rule;
  const { notSelector, notPorts, services, serviceAccounts, selector, namespaceSelector, domains = [] } = destination;
  const limits = [notProtocol, icmp, notICMP, source, http, notSelector, notPorts, services, serviceAccounts];
  if (limits.some((limit) => limit !== undefined))
    return nothing(
      lost(
        field,
        'limit-not-expressible',
        'source, HTTP, ICMP, Services, ServiceAccounts and what begins with "not" but notNets limit it, and cannot be expressed',
      ),
    );
  if (selector !== undefined || namespaceSelector !== undefined)
    return nothing(bySelector(`${field}.destination`, rule.action));
  if (domains.length > 0 && (destination.nets ?? destination.notNets ?? ipVersion) !== undefined)
    return nothing(
      lost(
        `${field}.destination`,
        'limit-not-expressible',
        'domains combined with nets, notNets or ipVersion cannot be expressed: write a rule for each',
      ),
    );
  if (domains.some((name) => name.includes('*')))
    return nothing(
      lost(
        `${field}.destination.domains`,
        'pattern-not-expressible',
        '* has another meaning there than in Postern: write the names',
      ),
    );
  const ports = portsOf(destination.ports ?? [], protocol);
  const networks = domains.length > 0 ? [] : networksOf(destination, ipVersion);
  if (ports === undefined || networks === undefined)
    return nothing(
      lost(
        `${field}.destination`,
        'network-not-expressible',
        'a network, a protocol or a port cannot be expressed: networks in CIDR notation, TCP and UDP, ports by number',
      ),
    );
  return { reach: [{ domainNames: domains, networks, ports }], remarks: [] };
}

function nothing(remark: Remark): Read {
  return { reach: [], remarks: [remark] };
}

function networksOf({ nets, notNets = [] }: Entity, ipVersion: 4 | 6 | undefined): readonly string[] | undefined {
  // An empty list is as good as none there.
  const own = (nets === undefined || nets.length === 0 ? everywhere : nets).filter(
    (net) => ipVersion === undefined || net.includes(':') === (ipVersion === 6),
  );
  const left = own.map((net) => networkWithout(net, notNets));
  return left.includes(undefined) ? undefined : left.flatMap((one) => one ?? []);
}

const protocols: Readonly<Record<string, Port['protocol']>> = { TCP: 'TCP', 6: 'TCP', UDP: 'UDP', 17: 'UDP' };

/** Of all protocols none; undefined: they cannot be said. */
function portsOf(ports: readonly (number | string)[], said: number | string | undefined): readonly Port[] | undefined {
  if (said === undefined) return ports.length === 0 ? [] : undefined;
  const protocol = protocols[String(said).toUpperCase()];
  if (protocol === undefined) return undefined;
  if (ports.length === 0) return [wholeProtocol(protocol)];
  const read = ports.map((text): Port | undefined => {
    const [, first, last] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(String(text)) ?? [];
    if (first === undefined) return undefined;
    return { port: Number(first), protocol, ...(last !== undefined && { endPort: Number(last) }) };
  });
  return read.includes(undefined) ? undefined : read.flatMap((one) => one ?? []);
}
