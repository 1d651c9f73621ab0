import type { Rule } from '../../../../src/core/model/desired.ts';
import type { Protocol } from '../../objects/visible-ports.ts';
import type { Context } from '../context.ts';
import { namespacesIn } from '../identities.ts';
import { lost } from '../losses.ts';
import type { Host } from './destination.ts';
import type { EgressPort } from './egress-ports.ts';

interface Taken {
  readonly host: string;
  readonly rule: Rule;
}

/** What cannot be distinguished from each protocol on one port. */
const rivals: Readonly<Record<Protocol, readonly Protocol[]>> = {
  TLS: ['HTTP', 'TCP'],
  HTTP: ['TLS', 'TCP'],
  TCP: ['TLS', 'HTTP', 'TCP'],
};

/**
 * The ports on which the proxies of a namespace listen. Without DNS capture names have no address of their own: one
 * listener stands for all of a port, speaks one protocol, and cannot tell two opaque destinations apart.
 */
export class PortConflicts {
  readonly #context: Context;
  readonly #taken: Readonly<Record<Protocol, Map<number, Taken[]>>> = {
    TLS: new Map(),
    HTTP: new Map(),
    TCP: new Map(),
  };

  constructor(context: Context) {
    this.#context = context;
  }

  /** Takes the port; false, with a loss, where another rule has it for something else. */
  take(rule: Rule, { port, protocol }: EgressPort, { host, network }: Host): boolean {
    const { config, facts, losses } = this.#context;
    if (network !== undefined || facts.dnsCapture || config.plane === 'ambient') return true;
    const isOpaque = protocol === 'TCP';
    const rival = this.#rival(rule, port, protocol, host);
    if (rival !== undefined) {
      const conflict = isOpaque ? lost.tcpConflict : lost.protocolConflict;
      losses.add(rule, conflict(host, port, rival.rule));
      return false;
    }
    if (isOpaque) losses.add(rule, lost.tcpCatchesAll(host, port));
    const taken = this.#taken[protocol].get(port);
    if (taken === undefined) this.#taken[protocol].set(port, [{ host, rule }]);
    else taken.push({ host, rule });
    return true;
  }

  #rival(rule: Rule, port: number, protocol: Protocol, host: string): Taken | undefined {
    for (const other of rivals[protocol]) {
      const taken = this.#taken[other].get(port);
      const rival = taken?.find((one) => one.host !== host && this.#haveCommonNamespace(one.rule, rule));
      if (rival !== undefined) return rival;
    }
    return undefined;
  }

  #haveCommonNamespace(a: Rule, b: Rule): boolean {
    const { identities } = this.#context;
    const namespaces = namespacesIn(a.sources, identities);
    return [...namespacesIn(b.sources, identities)].some((namespace) => namespaces.has(namespace));
  }
}
