import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { FileLock, type WriteLock } from './file-lock.ts';

const times = { beatMs: 1_000, staleMs: 60_000 };

/** Of a disk that is full. */
const nowhere: WriteLock = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));

describe('the lock of a directory', () => {
  let directory: string;
  beforeEach(() => (directory = aFolderOfTest()));

  it('leaves nothing behind where the disk is full, and is there once it is not', async () => {
    await expect(FileLock.acquire(directory, times, nowhere)).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(FileLock.acquire(directory, times, nowhere)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(existsSync(join(directory, 'LOCK'))).toBe(false);
    await (await FileLock.acquire(directory, times)).release();
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

  it('is left to one elsewhere whose clock is ahead, and who renews it', async () => {
    const lock = join(directory, 'LOCK');
    let ahead = Date.now() + 86_400_000;
    writeFileSync(lock, JSON.stringify({ host: 'elsewhere', pid: 1, token: 'a' }));
    const renew = (): void => utimesSync(lock, new Date((ahead += 1_000)), new Date(ahead));
    renew();
    const renewing = setInterval(renew, 10);
    const late = FileLock.acquire(directory, { beatMs: 1_000, staleMs: 200 });
    await expect(late).rejects.toMatchObject({ name: 'AuditUnavailable' });
    clearInterval(renewing);
    expect(existsSync(lock)).toBe(true);
  });
});
