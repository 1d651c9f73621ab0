import { parseCidr, containsCidr } from '../../net/cidr.ts';
import type { CiliumRule } from './rules.ts';

/* What the API server takes and the agent does not, so that the whole object does nothing (pkg/policy/api/rule_validation.go). */

export interface Judged {
  readonly endpointSelector?: unknown;
  readonly nodeSelector?: unknown;
  readonly egress?: readonly CiliumRule[] | undefined;
  readonly egressDeny?: readonly CiliumRule[] | undefined;
}

/** Why the agent refuses a spec, where it does. */
export function refusalOf(
  { endpointSelector, nodeSelector, egress = [], egressDeny = [] }: Judged,
  isClusterwide: boolean,
): string | undefined {
  if ((endpointSelector === undefined) === (nodeSelector === undefined))
    return 'it needs one of endpointSelector and nodeSelector';
  if (nodeSelector !== undefined && !isClusterwide) return 'nodeSelector is for cluster-wide policies';
  return [...egress, ...egressDeny].map(faultOf).find((fault) => fault !== undefined);
}

const peers = [
  ...(['toEndpoints', 'toCIDR', 'toCIDRSet', 'toEntities'] as const),
  ...(['toServices', 'toFQDNs', 'toGroups', 'toNodes'] as const),
];

const entities = new Set([
  ...['all', 'world', 'world-ipv4', 'world-ipv6', 'cluster', 'host', 'init', 'ingress', 'egress-gateway'],
  ...['unmanaged', 'remote-node', 'health', 'none', 'kube-apiserver'],
]);

function faultOf(rule: CiliumRule): string | undefined {
  const { toPorts = [], icmps = [], toEntities = [], toFQDNs = [], toCIDR = [], toCIDRSet = [] } = rule;
  const used = peers.filter((peer) => (rule[peer]?.length ?? 0) > 0);
  if (used.length > 1) return `${used.slice(0, 2).join(' and ')} stand in one rule`;
  if (icmps.length > 0 && toPorts.length > 0) return 'icmps and toPorts stand in one rule';
  const stranger = toEntities.find((entity) => !entities.has(entity));
  if (stranger !== undefined) return `there is no entity ${stranger}`;
  if (toFQDNs.some(({ matchName, matchPattern }) => matchName !== undefined && matchPattern !== undefined))
    return 'matchName and matchPattern are both set';
  if (toCIDR.some((text) => !isNetwork(text, true)) || toCIDRSet.some((block) => !isBlock(block)))
    return 'a network is invalid, or an exception lies outside its network';
  return toPorts.some(isBadPort) ? 'a port is missing or invalid, or a layer-7 rule is not for TCP' : undefined;
}

/** With bits behind its prefix, too. */
function isNetwork(text: string, isAddressEnough: boolean): boolean {
  const [address = '', prefix] = text.split('/');
  if (prefix === undefined) return isAddressEnough && parseCidr(`${address}/${widthOf(address)}`) !== undefined;
  return parseCidr(`${address}/${widthOf(address)}`) !== undefined && Number(prefix) <= widthOf(address);
}

function widthOf(address: string): number {
  return address.includes(':') ? 128 : 32;
}

type Block = NonNullable<CiliumRule['toCIDRSet']>[number];

function isBlock({ cidr, except = [], cidrGroupRef, cidrGroupSelector }: Block): boolean {
  if ([cidr, cidrGroupRef, cidrGroupSelector].filter((one) => one !== undefined).length !== 1) return false;
  if (cidr === undefined) return true;
  const whole = parseCidr(cidr);
  if (!isNetwork(cidr, false) || !except.every((text) => isNetwork(text, false))) return false;
  return (
    whole === undefined ||
    except.every((text) => {
      const part = parseCidr(text);
      return part === undefined || containsCidr(whole, part);
    })
  );
}

type PortRule = NonNullable<CiliumRule['toPorts']>[number];

function isBadPort({ ports = [], rules }: PortRule): boolean {
  const isRead = rules !== undefined && Object.values(rules).some((one) => one !== undefined && one !== null);
  const isDns = rules?.['dns'] !== undefined;
  if (ports.length > 40 || (isDns && ports.length === 0)) return true;
  return ports.some(({ port = '', protocol = 'ANY' }) => {
    const text = String(port);
    const isNumber = /^\d+$/.test(text) && Number(text) <= 65_535;
    const isName = /^[0-9a-z]([-0-9a-z]*[0-9a-z])?$/i.test(text) && /[a-z]/i.test(text);
    return (!isNumber && !isName) || (isRead && !isDns && (protocol.toUpperCase() !== 'TCP' || Number(text) === 0));
  });
}
