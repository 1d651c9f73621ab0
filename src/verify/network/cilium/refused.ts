import { parseAddress } from '../../../net/address.ts';
import { containsCidr } from '../../../net/cidr.ts';
import { networkOf } from '../../values/networks.ts';
import type { CidrRule, EgressRule, Port, PortRule, Spec } from './objects.ts';

/**
 * Does the agent refuse a spec that the API server takes? Then the whole object does nothing
 * (pkg/policy/api/rule_validation.go). `unknown`: it depends on settings of the agent.
 */
export function isRefused(spec: Spec, clusterwide: boolean): 'yes' | 'no' | 'unknown' {
  const { endpointSelector, nodeSelector, egress, egressDeny, ingress, ingressDeny } = spec;
  if ([egress, egressDeny, ingress, ingressDeny].every((rules) => rules.length === 0)) return 'yes';
  if ((endpointSelector === undefined) === (nodeSelector === undefined)) return 'yes';
  if (nodeSelector !== undefined && !clusterwide) return 'yes';
  const rules = [...egress, ...egressDeny];
  if (rules.some(isRefusedRule)) return 'yes';
  return rules.some(({ toNodes = [] }) => toNodes.length > 0) ? 'unknown' : 'no';
}

function isRefusedRule(rule: EgressRule): boolean {
  const { toPorts, icmps, toCIDR = [], toCIDRSet = [], toFQDNs } = rule;
  return (
    peersOf(rule).filter((list) => list.length > 0).length > 1 ||
    (icmps.length > 0 && toPorts.length > 0) ||
    toPorts.some(isRefusedPort) ||
    toCIDR.some((text) => networkOf(text) === undefined) ||
    toCIDRSet.some(isRefusedBlock) ||
    toFQDNs.some(({ matchName, matchPattern }) => {
      if (matchName !== undefined && matchPattern !== undefined) return true;
      return !/^[-a-zA-Z0-9_.*]*$/.test(matchPattern ?? '') || !/^[-a-zA-Z0-9_.]*$/.test(matchName ?? '');
    })
  );
}

function peersOf({
  toCIDR = [],
  toCIDRSet = [],
  toEndpoints = [],
  toEntities = [],
  toServices,
  toFQDNs,
  toGroups,
  toNodes = [],
}: EgressRule): readonly (readonly unknown[])[] {
  return [toCIDR, toCIDRSet, toEndpoints, toEntities, toServices, toFQDNs, toGroups, toNodes];
}

/** A port by its number, or its name as IANA writes services. */
export function portOf(text: string): { readonly number: number } | { readonly name: string } | undefined {
  if (/^[0-9a-z]([-0-9a-z]*[0-9a-z])?$/i.test(text) && /[a-z]/i.test(text)) return { name: text.toLowerCase() };
  const number = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  return number <= 65535 ? { number } : undefined;
}

function isRefusedPort({ ports, rules, listener, serverNames, terminatingTLS }: PortRule): boolean {
  const judges = Object.values(rules ?? {}).some((value) => value !== undefined && value !== null);
  const dns = (rules?.dns?.length ?? 0) > 0;
  const isBadLayer7 = judges && (listener !== undefined || (serverNames.length > 0 && terminatingTLS === undefined));
  if (ports.length > 40 || serverNames.includes('') || isBadLayer7) return true;
  if (rules?.dns !== undefined && ports.length === 0) return true;
  return ports.some((port) => isRefusedNumber(port, judges, dns));
}

function isRefusedNumber({ port = '', endPort = 0, protocol = 'ANY' }: Port, judges: boolean, dns: boolean): boolean {
  const read = portOf(port);
  if (read === undefined) return true;
  const number = 'number' in read ? read.number : undefined;
  if (dns && number !== undefined && endPort > number) return true;
  return judges && ((!dns && protocol.toUpperCase() !== 'TCP') || number === 0);
}

function isRefusedBlock({ cidr, cidrGroupRef, cidrGroupSelector, except }: CidrRule): boolean {
  if ([cidr, cidrGroupRef, cidrGroupSelector].filter((given) => given !== undefined && given !== '').length !== 1)
    return true;
  if (cidr === undefined || cidr === '') return false;
  const whole = networkOf(cidr);
  if (whole === undefined || !cidr.includes('/')) return true;
  return except.some((text) => {
    const part = networkOf(text);
    const address = parseAddress(text.split('/')[0] ?? '');
    return (
      part === undefined ||
      address === undefined ||
      !text.includes('/') ||
      part.prefix < whole.prefix ||
      !containsCidr(whole, address)
    );
  });
}
