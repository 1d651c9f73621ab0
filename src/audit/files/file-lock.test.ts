import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileLock } from './file-lock.ts';

const disk = vi.hoisted(() => ({ isFull: false }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    open: async (...asked: Parameters<typeof real.open>) => {
      const handle = await real.open(...asked);
      if (disk.isFull)
        vi.spyOn(handle, 'writeFile').mockRejectedValue(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
      return handle;
    },
  };
});

describe('the lock of a directory', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'postern-lock-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('leaves nothing behind where the disk is full, and is there once it is not', async () => {
    disk.isFull = true;
    for (const _ of ['once', 'and again'])
      await expect(FileLock.acquire(directory)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(existsSync(join(directory, 'LOCK'))).toBe(false);
    disk.isFull = false;
    await (await FileLock.acquire(directory)).release();
  });

  it('is taken from one elsewhere that is silent, also where a clock went back since', async () => {
    const lock = join(directory, 'LOCK');
    const tomorrow = new Date(Date.now() + 86_400_000);
    writeFileSync(lock, JSON.stringify({ host: 'elsewhere', pid: 1, token: 'a' }));
    utimesSync(lock, tomorrow, tomorrow);
    const taken = await FileLock.acquire(directory, { beatMs: 1_000, staleMs: 20 });
    taken.confirm();
    await taken.release();
  });
});
