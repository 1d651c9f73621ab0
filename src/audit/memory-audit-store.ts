import type { Clock } from '../adapter/adapter.ts';
import { genesis, seal, type Head } from '../core/audit/chain.ts';
import type { AuditEntry, AuditRecord, BegunRecord } from '../core/audit/record.ts';
import { OpenWrites } from '../core/audit/writes/open-writes.ts';
import type { AuditLine, AuditLines, AuditStore } from './audit-store.ts';

interface Chain {
  head: Head;
  readonly unsettled: OpenWrites;
  lines: string[];
}

/** The record in the memory of this process. Keeps the last `most` to twice as many records of each chain. */
export class MemoryAuditStore implements AuditStore, AuditLines {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #most: number;
  readonly #chains = new Map<string, Chain>();

  constructor(clock: Pick<Clock, 'now'>, most = 100_000) {
    this.#clock = clock;
    this.#most = most;
  }

  append(point: string, entries: readonly AuditEntry[]): Promise<readonly AuditRecord[]> {
    const chain = this.#chains.get(point) ?? { head: genesis, unsettled: new OpenWrites(), lines: [] };
    this.#chains.set(point, chain);
    const now = new Date(this.#clock.now()).toISOString();
    const records = entries.map((entry) => {
      const { line, head, record } = seal(entry, point, chain.head, now);
      chain.lines.push(line);
      chain.head = head;
      chain.unsettled.add(record);
      return record;
    });
    if (chain.lines.length > 2 * this.#most) chain.lines = chain.lines.slice(-this.#most);
    return Promise.resolve(records);
  }

  unsettled(point: string): Promise<readonly BegunRecord[]> {
    return Promise.resolve(this.#chains.get(point)?.unsettled.list() ?? []);
  }

  head(point: string): Promise<Head | undefined> {
    return Promise.resolve(this.#chains.get(point)?.head);
  }

  keptHead(point: string): Promise<Head | undefined> {
    return this.head(point);
  }

  points(): Promise<readonly string[]> {
    return Promise.resolve([...this.#chains.keys()].sort());
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- other stores wait for theirs
  async *lines(point: string): AsyncGenerator<AuditLine> {
    for (const [index, text] of (this.#chains.get(point)?.lines ?? []).entries()) yield { text, where: `${index + 1}` };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
