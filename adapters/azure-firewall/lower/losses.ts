import { isOf, memberOfOtherFamily } from '../../../kit/common/groups/parts.ts';
import { deniedBeforeNames, type DenyingBelow as Denying } from '../../../kit/common/rules/denied-before-names.ts';
import type { AddressGroup, Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import { intersectPorts } from '../../../src/core/destinations/ports.ts';
import { appPortsOf } from './application.ts';
import { knowsNames, type Context } from './context.ts';
import { families } from './groups.ts';
import {
  deniesAnyInstead,
  isForAnyDestination,
  networkForms,
  resolvedNames,
  portsWithoutAppProtocol,
} from './network.ts';

/* What of a rule Azure Firewall cannot say, and what is there instead. */

/** Azure routes no IPv6 to the firewall: IPv6 that is accepted is missing, and IPv6 that is denied may go another way. */
export function familyLosses(
  { id, action, sources, destination }: Rule,
  groups: ReadonlyMap<string, AddressGroup>,
): readonly Loss[] {
  const member = memberOfOtherFamily(
    sources.flatMap((source) => groups.get(source) ?? []),
    families,
  );
  const network = destination.networks.find((one) => isOf('IPv6', one));
  const told = member ?? network;
  if (told === undefined) return [];
  const nothing =
    !destination.any && destination.names.length === 0 && destination.networks.every((one) => isOf('IPv6', one));
  const why = `IP groups and rules of Azure Firewall know IPv4 alone, and ${told} is IPv6`;
  if (action === 'Deny') {
    const message = `${why}: ${nothing ? 'the rule is left out' : 'it is not denied, the rest of the rule is'}. IPv6 does not pass through this firewall: deny it at a point that it passes, or give the workloads no other way out by IPv6.`;
    return [{ effect: nothing ? 'rejected' : 'approximate', id, code: 'ipv4-only', message }];
  }
  const message = `${why}: ${nothing ? 'the rule is left out' : 'it is not accepted, the rest of the rule is'}.`;
  return [{ effect: nothing ? 'rejected' : 'narrowed', id, code: 'ipv4-only', message }];
}

export function nameLosses(rule: Rule, context: Context): readonly Loss[] {
  const { id, action, destination } = rule;
  const { names } = destination;
  if (destination.any || names.length === 0) return [];
  const list = names.join(', ');
  if (action === 'Deny') return [deniedNames(rule, context, list)];
  const resolved = resolvedNames(rule, context);
  const left = portsWithoutAppProtocol(rule);
  if (left === undefined || resolved.length === names.length) return [];
  const unknown = names.filter((name) => !resolved.includes(name)).join(', ');
  const ports = left
    .map(({ port, protocol }) => `${protocol} ${port}`)
    .slice(0, 4)
    .join(', ');
  const why = knowsNames(context)
    ? 'wildcards are known where HTTP or TLS is spoken only'
    : 'names are known where HTTP or TLS is spoken only, as the policy has no DNS proxy';
  const said = rule.ports.length === 0 ? 'all but TCP 80 and 443' : ports;
  const nothing = appPortsOf(rule).length === 0 && resolved.length + destination.networks.length === 0;
  const message = `${said} is left out for ${unknown}: ${why}. Say appProtocol tls or http where it is so, or name the networks.`;
  return [{ effect: nothing ? 'rejected' : 'narrowed', id, code: 'name-needs-tls-or-http', message }];
}

function deniedNames(rule: Rule, context: Context, list: string): Loss {
  const { id } = rule;
  if (deniesAnyInstead(rule, context)) {
    const message = `A network rule cannot deny ${list}: ${knowsNames(context) ? 'it knows no wildcards' : 'the policy has no DNS proxy'}. This rule denies every destination on its ports instead.`;
    return { effect: 'narrowed', id, code: 'name-denied-with-all', message };
  }
  const message = `${list} is denied at the addresses that the firewall resolves it to: a client that has another address for it meets the rules below. Let clients ask the DNS proxy of the firewall.`;
  return { effect: 'approximate', id, code: 'deny-name-by-address', message };
}

/**
 * A denying network rule further down decides before an application rule further up.
 *
 * @param meet may two rules decide about one source?
 */
export function orderLosses(
  rule: Rule,
  below: readonly DenyingBelow[],
  meet: (a: Rule, b: Rule) => boolean,
): readonly Loss[] {
  const ports = appPortsOf(rule).map(({ port }) => ({ port, protocol: 'TCP' as const }));
  if (rule.action === 'Deny' || rule.destination.any || rule.destination.names.length === 0 || ports.length === 0)
    return [];
  const first = below.find(
    (denying) => denying.ports.some((one) => intersectPorts(one, ports) !== undefined) && meet(denying.rule, rule),
  );
  return first === undefined ? [] : [deniedBeforeNames(rule, first, 'Network rules decide before application rules')];
}

export interface DenyingBelow extends Denying {
  readonly rule: Rule;
  readonly ports: readonly Rule['ports'][];
}

/** What a denying rule stops before any application rule is asked; undefined: nothing. */
export function denyingBelow(rule: Rule, context: Context, isAbove: boolean): DenyingBelow | undefined {
  const forms = networkForms(rule, context, isAbove);
  if (rule.action === 'Accept' || forms.length === 0) return undefined;
  const { kind, name } = rule.origin;
  const { names, networks } = rule.destination;
  const to = isForAnyDestination(rule, context) ? 'everything' : [...networks, ...names].slice(0, 3).join(', ');
  return { rule, name: `${kind}/${name}`, to, ports: forms.map(({ fields }) => portsIn(fields)) };
}

/** The TCP ports of a native rule. */
function portsIn({ ipProtocols, destinationPorts }: Readonly<Record<string, unknown>>): Rule['ports'] {
  const protocols = ipProtocols as readonly string[];
  const ranges = destinationPorts as readonly string[];
  if (protocols.includes('Any')) return [];
  const protocol = protocols.includes('TCP') ? 'TCP' : 'UDP';
  return ranges.map((range) => {
    const [port = 1, endPort = port] = range === '*' ? [1, 65_535] : range.split('-').map(Number);
    return { port, protocol, ...(endPort !== port && { endPort }) };
  });
}
