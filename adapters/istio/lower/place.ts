import type { Rule } from '../../../src/core/model/desired.ts';
import type { GatewayRef } from '../config.ts';
import type { Door } from './doors.ts';

/** One destination of the mesh: a host or an address, with all that leads there. */
export interface Place {
  /** The name, `*.suffix`, or for addresses a name that stands for them. */
  readonly host: string;
  /** Canonical CIDR; only of addresses. */
  readonly network?: string;
  /** Plane gateway: through which it leads. */
  readonly gateway?: GatewayRef;
  /** For a wildcard at a gateway: the host that serves all names below it. */
  readonly canonicalHost?: string;
  /** By the client's port, each with the rule that came first. */
  readonly doors: Map<number, Door & { readonly rule: Rule }>;
  /** The rule that came first. */
  readonly rule: Rule;
}

/** The destination of one rule, before it is known whether it can be had. */
export type Target = Pick<Place, 'host' | 'network' | 'canonicalHost'>;

/** `203.0.113.20/32` and `2001:db8::1/128` are one address. */
export function isSingle(network: string): boolean {
  return network.endsWith(network.includes(':') ? '/128' : '/32');
}

export function addressOf(network: string): string {
  return network.slice(0, network.indexOf('/'));
}

/** What stands for addresses where a host is asked for. `.internal` is reserved for private use: nobody resolves it. */
export function hostOfNetwork(network: string): string {
  return `${network.replace(/[^0-9a-f]+/g, '-')}.address.postern.internal`;
}
