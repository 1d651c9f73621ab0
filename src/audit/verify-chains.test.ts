import { afterEach, beforeEach, expect, it } from 'vitest';
import { aFolderOfTest } from '../../test/kit/folders.ts';
import { aBegun, aClosed } from '../../test/kit/audit-records.ts';
import { genesis, seal, type Head } from '../core/audit/chain.ts';
import type { AuditEntry } from '../core/audit/record.ts';
import type { AuditLines } from './audit-store.ts';
import { FileAuditLines } from './files/file-audit-lines.ts';
import { FileAuditStore } from './files/file-audit-store.ts';
import { verifyChains } from './verify-chains.ts';

/* A branch of a chain whose first records went with a server of Redis. */

const now = '2026-11-29T00:00:00.000Z';
let directory: string;
let store: FileAuditStore;
beforeEach(() => {
  directory = aFolderOfTest();
  store = new FileAuditStore({ directory, clock: { now: () => Date.parse(now) } });
});
afterEach(async () => {
  await store.close();
});

/** What one worker wrote from a head on. */
function written(
  from: Head,
  entries: readonly AuditEntry[],
): { readonly lines: readonly string[]; readonly head: Head } {
  let head = from;
  const lines = entries.map((entry) => {
    const sealed = seal(entry, 'edge', head, now);
    head = sealed.head;
    return sealed.line;
  });
  return { lines, head };
}

async function findings(): Promise<readonly string[]> {
  await store.close();
  const reports = await verifyChains(new FileAuditLines(directory), ['edge', 'edge~2']);
  return reports.flatMap((report) => report.findings.map(({ code }) => code));
}

it('is waited for, then told as lost once, and the record is whole after that', async () => {
  const common = written(genesis, [aBegun({ add: ['10.0.0.1'] }), aClosed(1)]);
  const first = written(common.head, [aBegun({ add: ['10.0.0.2'] }), aClosed(3)]);
  await store.adopt('edge', [...common.lines, ...first.lines]);
  // The new server did not have records 3 and 4; another worker wrote its own, of which the first was lost again.
  const second = written(common.head, [aBegun({ add: ['10.0.0.3'] }), aClosed(3), aBegun({ add: ['10.0.0.4'] })]);
  const rest = written(second.head, [aClosed(3), aClosed(5)]);
  const there = [...second.lines.slice(1), ...rest.lines];
  expect(await store.adopt('edge', there)).toEqual({ from: 3, to: 3 });
  const told = written(rest.head, [{ type: 'lost', from: 3, to: 3 }]);
  expect(await store.adopt('edge', [...there, ...told.lines])).toBeUndefined();
  expect(await findings()).toEqual([]);
});

it('keeps out of the files what comes after it, as long as nobody has told it', async () => {
  const common = written(genesis, [aBegun({ add: ['10.0.0.1'] }), aClosed(1)]);
  const first = written(common.head, [aBegun({ add: ['10.0.0.2'] }), aClosed(3)]);
  await store.adopt('edge', [...common.lines, ...first.lines]);
  const second = written(common.head, [aBegun({ add: ['10.0.0.3'] }), aClosed(3)]);
  const wrong = written(second.head, [{ type: 'lost', from: 2, to: 3 }]);
  expect(await store.adopt('edge', [...second.lines.slice(1), ...wrong.lines])).toEqual({ from: 3, to: 3 });
  expect(await findings()).toEqual([]);
  expect(await store.chainsOf('edge')).toEqual(['edge']);
});

it('reads each chain of a point as often as one of two, however many there are', async () => {
  const begun = written(genesis, [aBegun({ add: ['10.0.0.1'] }), aBegun({ add: ['10.0.0.2'] })]);
  await store.adopt('edge', begun.lines);
  const chains = ['edge', 'edge~2', 'edge~3', 'edge~4', 'edge~5'];
  // Each closes what the first began.
  for (const chain of chains.slice(1)) await store.adopt(chain, written(begun.head, [aClosed(1)]).lines);
  await store.close();
  const read = new Map<string, number>();
  const lines = new FileAuditLines(directory);
  const counting: AuditLines = {
    points: () => lines.points(),
    keptHead: (chain) => lines.keptHead(chain),
    lines: (chain) => {
      read.set(chain, (read.get(chain) ?? 0) + 1);
      return lines.lines(chain);
    },
  };
  const reports = await verifyChains(counting, chains);
  expect(reports.flatMap(({ findings }) => findings)).toEqual([]);
  // The origin, what it begins, and its check.
  expect(Math.max(...read.values())).toBe(3);
});
