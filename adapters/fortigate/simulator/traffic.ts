import { ipv4Text, ipv6Text, type Ip } from './addresses.ts';
import { canonicalName } from './names.ts';
import type { Packet } from './packet.ts';

/** What one policy has seen; times in milliseconds since the epoch. */
export interface Counter {
  readonly hits: number;
  readonly firstUsed: number;
  readonly lastUsed: number;
}

export interface OpenSession {
  readonly policyId: number;
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  readonly port: number;
}

/** Session table and counters, which go with a reboot. They are no configuration: a dump does not show them. */
export class Traffic {
  readonly #counters = new Map<number, Counter>();
  readonly #learned = new Set<string>();
  #sessions = new Map<string, OpenSession>();

  get learned(): ReadonlySet<string> {
    return this.#learned;
  }

  counter(policyId: number): Counter | undefined {
    return this.#counters.get(policyId);
  }

  sessions(): readonly OpenSession[] {
    return [...this.#sessions.values()];
  }

  /** @param policyId 0: nothing matched. */
  count(packet: Packet, policyId: number, accepted: boolean, now: number): void {
    if (packet.dst.host !== undefined) this.#learned.add(canonicalName(packet.dst.host));
    const past = this.#counters.get(policyId);
    this.#counters.set(policyId, {
      hits: (past?.hits ?? 0) + 1,
      firstUsed: past?.firstUsed ?? now,
      lastUsed: now,
    });
    if (!accepted) return;
    const session = {
      policyId,
      protocol: packet.protocol,
      source: ipText(packet.src),
      destination: packet.dst.ip === undefined ? '' : ipText(packet.dst.ip),
      port: packet.port,
    };
    this.#sessions.set(JSON.stringify(session), session);
  }

  /** @returns how many sessions were ended. */
  end(wanted: (session: OpenSession) => boolean): number {
    const before = this.#sessions.size;
    this.#sessions = new Map([...this.#sessions].filter(([, session]) => !wanted(session)));
    return before - this.#sessions.size;
  }

  clearCounters(policyIds: readonly number[]): void {
    for (const id of policyIds) this.#counters.delete(id);
  }

  clear(): void {
    this.#counters.clear();
    this.#learned.clear();
    this.#sessions.clear();
  }
}

function ipText(ip: Ip): string {
  return ip.family === 4 ? ipv4Text(ip.value) : ipv6Text(ip.value);
}
