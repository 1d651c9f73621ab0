import type { Rule } from '../../../src/core/model/desired.ts';
import type { Protocol } from '../exported.ts';
import type { Door } from './doors.ts';
import { lost } from './losses.ts';
import type { Target } from './place.ts';
import type { Scope } from './scope.ts';

interface Taken {
  readonly host: string;
  readonly rule: Rule;
}

/** What cannot be told apart from each protocol on one port. */
const rivals: Readonly<Record<Protocol, readonly Protocol[]>> = {
  TLS: ['HTTP', 'TCP'],
  HTTP: ['TLS', 'TCP'],
  TCP: ['TLS', 'HTTP', 'TCP'],
};

/**
 * The ports on which the proxies of a namespace listen. Without DNS capture names have no address of their own: one
 * listener stands for all of a port, speaks one protocol, and cannot tell two opaque destinations apart.
 */
export class Listeners {
  readonly #scope: Scope;
  readonly #taken: Readonly<Record<Protocol, Map<number, Taken[]>>> = {
    TLS: new Map(),
    HTTP: new Map(),
    TCP: new Map(),
  };

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Is the port free for this? What is in the way is told. */
  take(rule: Rule, { port, protocol }: Door, { host, network }: Target): boolean {
    const { config, facts, losses } = this.#scope;
    if (network !== undefined || facts.dnsCapture || config.plane === 'ambient') return true;
    const rival = this.#rival(rule, port, protocol, host);
    if (rival !== undefined) {
      const opaque = protocol === 'TCP';
      losses.add(
        rule,
        opaque ? lost.tcpConflict(host, port, rival.rule) : lost.protocolConflict(host, port, rival.rule),
      );
      return false;
    }
    if (protocol === 'TCP') losses.add(rule, lost.tcpCatchesAll(host, port));
    const taken = this.#taken[protocol].get(port);
    if (taken === undefined) this.#taken[protocol].set(port, [{ host, rule }]);
    else taken.push({ host, rule });
    return true;
  }

  #rival(rule: Rule, port: number, protocol: Protocol, host: string): Taken | undefined {
    for (const other of rivals[protocol]) {
      const taken = this.#taken[other].get(port);
      const rival = taken?.find((one) => one.host !== host && this.#meet(one.rule, rule));
      if (rival !== undefined) return rival;
    }
    return undefined;
  }

  /** Are both for workloads of one namespace? */
  #meet(a: Rule, b: Rule): boolean {
    const namespaces = this.#namespacesOf(a);
    return [...this.#namespacesOf(b)].some((namespace) => namespaces.has(namespace));
  }

  #namespacesOf({ sources }: Rule): ReadonlySet<string> {
    const { identities } = this.#scope;
    return new Set(
      sources.flatMap((id) => {
        const who = identities.get(id);
        return [...(who?.namespaces ?? []), ...(who?.accounts ?? []).map((name) => name.slice(0, name.indexOf('/')))];
      }),
    );
  }
}
