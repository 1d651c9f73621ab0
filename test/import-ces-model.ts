import { parseAddress } from '../src/net/address.ts';
import { containsCidr, parseCidr } from '../src/net/cidr.ts';

/*
 * What F5 Container Egress Services really lets through: the rules that it writes for a BIG-IP, and the order in which
 * AFM asks them (global policy, route domain, virtual server; first match in each). Written from the behaviour of CES
 * 0.5.3 alone; it shares nothing with the import but address arithmetic.
 */

export interface CesPort {
  readonly protocol: string;
  readonly port?: string;
}
export interface CesService {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly ports: readonly CesPort[];
}
export interface CesRule {
  readonly kind: 'ClusterEgressRule' | 'NamespaceEgressRule' | 'ServiceEgressRule';
  readonly namespace: string;
  readonly name: string;
  readonly action: string;
  readonly externalServices: readonly string[];
  readonly service: string;
}
export interface CesWorld {
  readonly services: readonly CesService[];
  /** In the order of their arrival. */
  readonly rules: readonly CesRule[];
  /** The annotation of each namespace; absent: it has none. */
  readonly networks: Readonly<Record<string, string>>;
  /** Ready addresses by namespace and Service; absent: there are no such Endpoints. */
  readonly endpoints: Readonly<Record<string, readonly string[]>>;
}
export interface CesFlow {
  readonly src: string;
  readonly dst: string;
  /** The name by which `dst` was asked for; nothing but a name ever leads to such an address. */
  readonly host?: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}
export interface CesAnswer {
  readonly permitted: boolean;
  /** The rules that matched, one for each context that was asked; the last one decided, if any did. */
  readonly trail: readonly CesRule[];
}

const home = 'kube-system';
const contexts = ['ClusterEgressRule', 'NamespaceEgressRule', 'ServiceEgressRule'] as const;
const actions = ['accept', 'accept-decisively', 'drop', 'reject'];
const otherProtocols = ['icmp', 'sctp'];

export function cesPermits(world: CesWorld, flow: CesFlow): CesAnswer {
  const trail: CesRule[] = [];
  for (const context of contexts) {
    const rule = world.rules.find((each) => each.kind === context && matches(world, each, flow));
    if (rule === undefined) continue;
    trail.push(rule);
    if (rule.action === 'drop' || rule.action === 'reject') return { permitted: false, trail };
    if (rule.action === 'accept-decisively' || context === 'ServiceEgressRule') return { permitted: true, trail };
  }
  return { permitted: false, trail };
}

function matches(world: CesWorld, rule: CesRule, flow: CesFlow): boolean {
  const services = servicesOf(world, rule);
  // BIG-IP refuses the whole declaration of a rule with a word or a number that it does not know.
  if (!actions.includes(rule.action) || services.some(({ ports }) => ports.some(isRefused))) return false;
  return isSource(world, rule, flow.src) && services.some((service) => isDestination(service, flow));
}

export function servicesOf({ services }: CesWorld, rule: CesRule): readonly CesService[] {
  const namespace = rule.kind === 'ClusterEgressRule' ? home : rule.namespace;
  return rule.externalServices.flatMap((name) =>
    services.filter((service) => service.name === name && service.namespace === namespace),
  );
}

function isSource({ networks, endpoints }: CesWorld, rule: CesRule, src: string): boolean {
  if (rule.kind === 'ClusterEgressRule') return true;
  if (rule.kind === 'NamespaceEgressRule') return isWithin(src, networks[rule.namespace] ?? '');
  const ready = endpoints[`${rule.namespace}/${rule.service}`];
  // Without Endpoints nothing is ever written; with none ready the source is left out, and that is every source.
  return ready !== undefined && (ready.length === 0 || ready.includes(src));
}

function isDestination({ addresses, ports }: CesService, { dst, host, port, protocol }: CesFlow): boolean {
  const there = addresses.some((text) => isWithin(dst, text) || text === dst || text.toLowerCase() === host);
  const usable = ports.filter((each) => each.port !== undefined);
  return there && (usable.length === 0 || usable.some((each) => isPort(each, port, protocol)));
}

function isPort(entry: CesPort, port: number, protocol: string): boolean {
  if (!['', 'any', protocol.toLowerCase()].includes(entry.protocol.toLowerCase())) return false;
  return (entry.port ?? '').split(',').some((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return first <= port && port <= last;
  });
}

function isRefused({ protocol, port = '1' }: CesPort): boolean {
  const known = ['', 'any', 'tcp', 'udp', ...otherProtocols].includes(protocol.toLowerCase());
  return !known || port.split(/[,-]/).some((number) => Number(number) > 65535);
}

/** CES reads one CIDR; whatever else there is becomes a name that nothing resolves. */
function isWithin(text: string, network: string): boolean {
  const address = parseAddress(text);
  const cidr = parseCidr(network);
  return address !== undefined && cidr !== undefined && containsCidr(cidr, address);
}
