import type { Rule } from '../../../../src/core/model/desired.ts';
import type { GatewayRef } from '../../config.ts';
import type { EgressPort } from './egress-ports.ts';

/** A name or an address, before it is known whether the plane can lead there. */
export interface Host {
  /** The name, `*.suffix`, or for addresses a name that stands for them. */
  readonly host: string;
  /** Canonical CIDR; only of addresses. */
  readonly network?: string;
  /** For a wildcard at a gateway: the host that serves all names below it. */
  readonly canonicalHost?: string;
}

/** One destination outside the mesh, with all that leads there. */
export interface MeshDestination extends Host {
  /** Plane gateway: through which it leads. */
  readonly gateway?: GatewayRef;
  /** By the client's port, each with the rule that came first. */
  readonly ports: Map<number, EgressPort & { readonly rule: Rule }>;
  /** The rule that came first. */
  readonly rule: Rule;
}

/** `203.0.113.20/32` and `2001:db8::1/128` are one address. */
export function isSingle(network: string): boolean {
  return network.endsWith(network.includes(':') ? '/128' : '/32');
}

export function addressOf(network: string): string {
  return network.slice(0, network.indexOf('/'));
}

/** What stands for addresses where a host is asked for. `.internal` is reserved for private use and does not resolve. */
export function hostOfNetwork(network: string): string {
  return `${network.replace(/[^0-9a-f]+/g, '-')}.address.postern.internal`;
}

/** Resolution of a ServiceEntry: a wildcard is resolved by the name that the client says; a network is gone to as the client said. */
export function resolutionOf({ host, network }: Host): string {
  if (network !== undefined) return isSingle(network) ? 'STATIC' : 'NONE';
  return host.startsWith('*.') ? 'DYNAMIC_DNS' : 'DNS';
}
