import type { Head } from '../core/audit/chain.ts';
import { recordIn } from '../core/audit/history.ts';
import { ChainVerifier, type ChainReport } from '../core/audit/verify-chain.ts';
import type { AuditLines } from './audit-store.ts';
import { pointOfChain } from './files/audit-files.ts';

/**
 * Checks chains. After a failover of Redis one may go on from a record of another chain of its point (`edge~2`), which is
 * then looked for there.
 *
 * @param expected hashes that the record once ended in; those that are found are taken out
 * @param now RFC 3339: tells also how long nothing has been put on record
 */
export async function verifyChains(
  lines: AuditLines,
  chains: readonly string[],
  expected = new Set<string>(),
  now?: string,
): Promise<readonly ChainReport[]> {
  const reports: ChainReport[] = [];
  const points = await lines.points();
  for (const point of new Set(chains.map(pointOfChain))) {
    const all = points.filter((chain) => pointOfChain(chain) === point).sort(byNumber);
    const origins = new Map<string, Origin>();
    for (const chain of all) origins.set(chain, await originOf(lines, chain));
    const sought = new Set([...origins.values()].flatMap((origin) => origin?.hash ?? []));
    const found = new Set<string>();
    const begun = all.length === 1 ? [] : await begunIn(lines, all);
    for (const chain of all) {
      const origin = origins.get(chain);
      const known = origin !== undefined && found.has(origin.hash) ? origin : undefined;
      const elsewhere = begun.filter((other) => other.chain !== chain);
      const begunElsewhere = { has: (seq: number) => elsewhere.some(({ numbers }) => numbers.has(seq)) };
      const branch = chain !== point;
      const head = await lines.keptHead(chain);
      const verifier = new ChainVerifier(point, { head, branch, origin: known, begunElsewhere });
      for await (const { text, where } of lines.lines(chain)) {
        verifier.line(text, where);
        const { hash } = verifier.head;
        if (sought.has(hash)) found.add(hash);
        if (chains.includes(chain)) expected.delete(hash);
      }
      if (chains.includes(chain))
        reports.push({ ...verifier.end(chain === all.at(-1) || chain === point ? now : undefined), point: chain });
    }
  }
  return reports;
}

export type Origin = Pick<Head, 'seq' | 'hash'> | undefined;

/** The record that the first of a chain goes on from; undefined: it begins by itself. */
export async function originOf(lines: AuditLines, chain: string): Promise<Origin> {
  if (pointOfChain(chain) === chain) return undefined;
  for await (const { text } of lines.lines(chain)) {
    const first = recordIn(text);
    return first === undefined || first.seq === 1 ? undefined : { seq: first.seq - 1, hash: first.prev };
  }
  return undefined;
}

interface Begun {
  readonly chain: string;
  /** Of the records that begin a write. */
  readonly numbers: ReadonlySet<number>;
}

/** A worker that began a write in one chain closes it in the one that goes on. */
async function begunIn(lines: AuditLines, chains: readonly string[]): Promise<readonly Begun[]> {
  const begun: Begun[] = [];
  for (const chain of chains) {
    const numbers = new Set<number>();
    for await (const { text } of lines.lines(chain)) {
      const record = recordIn(text);
      if (record?.type === 'begun') numbers.add(record.seq);
    }
    begun.push({ chain, numbers });
  }
  return begun;
}

/** `edge` before `edge~2` before `edge~10`. */
export function byNumber(a: string, b: string): number {
  return Number(a.split('~')[1] ?? 1) - Number(b.split('~')[1] ?? 1);
}
