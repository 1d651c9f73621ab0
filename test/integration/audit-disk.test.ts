import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditUnavailable } from '../../src/audit/audit-store.ts';
import { FileAuditLines } from '../../src/audit/files/file-audit-lines.ts';
import { FileAuditStore } from '../../src/audit/files/file-audit-store.ts';
import { aBegun, aClosed, verified } from '../kit/audit-records.ts';

/*
 * A real file system that is full, or turns read-only, under the record. Takes the right to mount; where that is missing,
 * for instance in most containers, there is nothing to try it on.
 */

const mounts = (() => {
  const probe = mkdtempSync(join(tmpdir(), 'postern-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    console.warn('SKIPPED: full and read-only disks: mounting a file system is not permitted here');
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
})();

describe.skipIf(!mounts)('the audit record on a disk', () => {
  let disk: string;
  let store: FileAuditStore;
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'postern-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', disk]);
    store = new FileAuditStore({ directory: disk, clock: { now: () => Date.UTC(2026, 0, 1) } });
  });
  afterEach(async () => {
    await store.close().catch(() => undefined);
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });
  const refused = async (attempt: Promise<unknown>): Promise<AuditUnavailable> =>
    attempt.then(
      () => Promise.reject(new Error('it was kept')),
      (error: unknown) => (error instanceof AuditUnavailable ? error : Promise.reject(error as Error)),
    );
  const write = async (): Promise<void> => {
    const [begun] = await store.append('edge', [aBegun()], 'durable');
    await store.append('edge', [aClosed(begun!.seq)], 'soon');
  };

  it('refuses when it is full, goes on when there is room, and loses nothing that it took', async () => {
    await write();
    const ballast = join(disk, 'ballast');
    let size = 128 * 1024;
    while (size > 0 && !existsSync(ballast)) {
      try {
        writeFileSync(ballast, Buffer.alloc(size));
      } catch {
        rmSync(ballast, { force: true });
        size -= 4096;
      }
    }
    let kept = 1;
    let refusal: AuditUnavailable | undefined;
    for (; refusal === undefined && kept < 1_000; kept += 1) {
      refusal = await write().then(
        () => undefined,
        (error: unknown) => (error instanceof AuditUnavailable ? error : Promise.reject(error as Error)),
      );
    }
    expect([refusal?.code, refusal?.message]).toEqual(['ENOSPC', expect.stringContaining(disk)]);
    rmSync(ballast);
    await write();
    const found = await verified(new FileAuditLines(disk), 'edge');
    expect(found.findings).toEqual([]);
  });

  it('refuses on a disk that is read-only, says where, and goes on when it is writable again', async () => {
    await write();
    await store.close();
    store = new FileAuditStore({ directory: disk, clock: { now: () => Date.UTC(2026, 0, 1) } });
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const { code, message } = await refused(write());
    expect([code, message]).toEqual(['EROFS', expect.stringContaining(disk)]);
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    await write();
    expect(await verified(new FileAuditLines(disk), 'edge')).toMatchObject({ findings: [], records: 4 });
  });
});
