import type { DesiredState, Rule, Verdict } from '../../core/model/desired.ts';
import type { Protocol } from '../network/ends/ends.ts';
import { parseAddress, type Address } from '../../net/address.ts';
import { containsCidr, parseCidr, type Cidr } from '../../net/cidr.ts';
import { append } from '../../core/model/grouped.ts';

/** One flow as a firewall meets it: from an address, to a name, an address, or an address that was asked for by name. */
export interface Flow {
  readonly src: string;
  readonly dst?: string;
  /** Lower case, no trailing dot. */
  readonly host?: string;
  readonly port: number;
  readonly protocol: Protocol;
}

export interface Decision {
  readonly action: Verdict;
  /** Id of the rule that matched first, or `default`. */
  readonly rule: string;
}

/**
 * What a desired state says about one flow. It shares nothing with the compiler, so that each can prove the other wrong.
 * For many flows build the `evaluator` once.
 */
export function permits(desired: DesiredState, flow: Flow): Decision {
  return evaluator(desired)(flow);
}

/** Answers flow after flow in time proportional to the rules of the groups that the source is in, not to all rules. */
export function evaluator(desired: DesiredState): (flow: Flow) => Decision {
  const groupsOf = sourceIndex(desired);
  const rulesOf = new Map<string, number[]>();
  desired.rules.forEach((rule, index) => {
    for (const id of rule.sources) append(rulesOf, id, index);
  });
  const destinations = desired.rules.map(destinationMatcher);
  return (flow) => {
    const candidates = new Set(groupsOf(flow.src).flatMap((id) => rulesOf.get(id) ?? []));
    for (const index of [...candidates].sort((a, b) => a - b)) {
      const rule = desired.rules[index];
      if (rule && portMatches(rule, flow) && destinations[index]?.(flow)) return { action: rule.action, rule: rule.id };
    }
    return { action: desired.defaultAction, rule: 'default' };
  };
}

/** The ids of the groups that an address is in: by exact member, or inside a network that is one. */
export function sourceIndex({ groups }: Pick<DesiredState, 'groups'>): (src: string) => string[] {
  const exact = new Map<bigint, string[]>();
  const networks: { readonly cidr: Cidr; readonly group: string }[] = [];
  for (const { id, members } of groups) {
    for (const member of members) {
      const address = parseAddress(member);
      const cidr = parseCidr(member);
      if (address) append(exact, keyOf(address), id);
      else if (cidr) networks.push({ cidr, group: id });
    }
  }
  return (src) => {
    const address = parseAddress(src);
    if (!address) return [];
    const around = networks.filter(({ cidr }) => containsCidr(cidr, address)).map(({ group }) => group);
    return [...(exact.get(keyOf(address)) ?? []), ...around];
  };
}

function keyOf({ family, value }: Address): bigint {
  return (BigInt(family) << 128n) | value;
}

function portMatches({ ports }: Rule, flow: Flow): boolean {
  if (ports.length === 0) return true;
  return ports.some(
    ({ port, endPort = port, protocol }) => protocol === flow.protocol && port <= flow.port && flow.port <= endPort,
  );
}

function destinationMatcher({ destination }: Rule): (flow: Flow) => boolean {
  if (destination.any) return () => true;
  const exact = new Set(destination.names);
  const suffixes = destination.names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  const networks = destination.networks.flatMap((network) => parseCidr(network) ?? []);
  return ({ src, dst, host }) => {
    if (host !== undefined && (exact.has(host) || suffixes.some((suffix) => isBelow(host, suffix)))) return true;
    if (dst === undefined)
      return networks.some((cidr) => cidr.prefix === 0 && cidr.family === parseAddress(src)?.family);
    const address = parseAddress(dst);
    return address !== undefined && networks.some((cidr) => containsCidr(cidr, address));
  };
}

/** `suffix` begins with its dot: one or more whole labels below, not the apex. */
function isBelow(host: string, suffix: string): boolean {
  return host.length > suffix.length && host.endsWith(suffix) && !host.startsWith('.');
}
