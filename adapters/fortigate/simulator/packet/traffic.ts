import { Counters } from '../../../../kit/simulator/traffic/counters.ts';
import { canonicalName } from '../../../../kit/simulator/traffic/names.ts';
import type { Packet } from '../../../../kit/simulator/traffic/packet.ts';
import { formatAddress } from '../../../../src/net/address.ts';

export interface OpenSession {
  readonly policyId: number;
  readonly protocol: number;
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly port: number;
}

/** Session table and counters, which go with a reboot. They are no configuration: a dump does not show them. */
export class Traffic {
  /** Hits by number of the policy; 0: nothing matched. */
  readonly counters = new Counters<number>();
  /** Names that clients have asked for through this device: it learns wildcards from them. */
  readonly #learned = new Set<string>();
  #sessions = new Map<string, OpenSession>();

  get learned(): ReadonlySet<string> {
    return this.#learned;
  }

  learn(host: string): void {
    this.#learned.add(canonicalName(host));
  }

  sessions(): readonly OpenSession[] {
    return [...this.#sessions.values()];
  }

  open({ source, destination, port, protocol }: Packet, policyId: number): void {
    const ends = { source: formatAddress(source), destination: formatAddress(destination) };
    const session = { policyId, protocol, family: source.family, ...ends, port };
    this.#sessions.set(JSON.stringify(session), session);
  }

  /** @returns how many sessions were ended. */
  end(wanted: (session: OpenSession) => boolean): number {
    const before = this.#sessions.size;
    this.#sessions = new Map([...this.#sessions].filter(([, session]) => !wanted(session)));
    return before - this.#sessions.size;
  }

  clear(): void {
    this.counters.clear();
    this.#learned.clear();
    this.#sessions.clear();
  }
}
