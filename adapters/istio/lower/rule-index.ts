import type { Rule } from '../../../src/core/model/desired.ts';
import { formatCidr, parseCidr, supernet } from '../../../src/net/cidr.ts';
import { nameCovers, wildcardsAbove } from '../../../src/net/name.ts';
import { concerns, type EgressPort } from './destinations/egress-ports.ts';
import type { MeshDestination } from './destinations/destination.ts';

/** Finds the rules that decide about a destination, without going through all of them for each. */
export class RuleIndex {
  readonly #rules: readonly Rule[];
  readonly #byName = new Map<string, number[]>();
  readonly #everywhere: number[] = [];
  readonly #byNetwork = new Map<string, number[]>();
  readonly #prefixes = new Set<number>();
  /** Denying rules by name, for those who cannot take a name out of a wildcard. */
  readonly #denyingNames: number[] = [];

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
    for (const [at, { action, destination }] of rules.entries()) {
      if (destination.any) this.#everywhere.push(at);
      if (action === 'Deny' && destination.names.length > 0) this.#denyingNames.push(at);
      for (const name of destination.names) list(this.#byName, name, at);
      for (const network of destination.networks) {
        list(this.#byNetwork, network, at);
        this.#prefixes.add(Number(network.slice(network.indexOf('/') + 1)));
      }
    }
  }

  /** In order: the rules about all of this destination, through this egress port. */
  about({ host, network }: MeshDestination, egressPort: EgressPort): readonly Rule[] {
    const lists = network === undefined ? this.#aboutName(host) : this.#aboutNetwork(network);
    const concerned: Rule[] = [];
    for (const at of inOrder([...lists, this.#everywhere])) {
      const rule = this.#rules[at];
      if (rule && concernsThere(rule, egressPort, network)) concerned.push(rule);
    }
    return concerned;
  }

  /** The denying rules about a name below this wildcard. */
  denyingBelow(host: string, egressPort: EgressPort): readonly Rule[] {
    return this.#denyingNames.flatMap((at) => {
      const rule = this.#rules[at];
      const below = rule?.destination.names.some((name) => name !== host && nameCovers(host, name));
      return rule && below && concerns(rule, egressPort) ? [rule] : [];
    });
  }

  /** Accepting rules about the name that mean the port to which this egress port leads, or the egress port itself, and not as it does. */
  inAnotherWay({ host, network }: MeshDestination, egressPort: EgressPort): readonly Rule[] {
    if (network !== undefined) return [];
    return inOrder(this.#aboutName(host)).flatMap((at) => {
      const rule = this.#rules[at];
      if (rule?.action !== 'Accept' || (rule.originate === true) === egressPort.originate) return [];
      return meansPort(rule, egressPort.outside) || meansPort(rule, egressPort.port) ? [rule] : [];
    });
  }

  #aboutName(host: string): readonly (readonly number[])[] {
    return [host, ...wildcardsAbove(host)].map((name) => this.#byName.get(name) ?? []);
  }

  /** A network lies in another one if that one is what it is at the other's length. */
  #aboutNetwork(network: string): readonly (readonly number[])[] {
    const cidr = parseCidr(network);
    if (cidr === undefined) return [];
    const shorter = [...this.#prefixes].filter((prefix) => prefix <= cidr.prefix);
    return shorter.map((prefix) => this.#byNetwork.get(formatCidr(supernet(cidr, prefix))) ?? []);
  }
}

/** Without ports only TLS to 443 is meant. */
export function meansPort({ ports }: Rule, wanted: number): boolean {
  if (ports.length === 0) return wanted === 443;
  return ports.some(({ port, endPort = port, protocol }) => protocol === 'TCP' && port <= wanted && wanted <= endPort);
}

/** Each once; a single list is in order as it was made. */
function inOrder(lists: readonly (readonly number[])[]): readonly number[] {
  const [first = [], ...more] = lists.filter(({ length }) => length > 0);
  return more.length === 0 ? first : [...new Set(lists.flat())].sort((a, b) => a - b);
}

function list(lists: Map<string, number[]>, key: string, at: number): void {
  const known = lists.get(key);
  if (known) known.push(at);
  else lists.set(key, [at]);
}

/** Behind an address every protocol is opaque, so what a rule says of it plays no part. */
function concernsThere(rule: Rule, egressPort: EgressPort, network: string | undefined): boolean {
  if (network === undefined || rule.originate === true) return concerns(rule, egressPort);
  const opaque = rule.ports.map(({ appProtocol: _, ...port }) => ({ ...port, appProtocol: 'tcp' as const }));
  return concerns({ ...rule, ports: opaque }, egressPort);
}
