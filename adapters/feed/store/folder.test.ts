import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { folderStore } from './folder.ts';

let folder: string;
beforeEach(() => (folder = aFolderOfTest()));

describe('a folder as a store', () => {
  it('gives what was written last, and says when it is still that', async () => {
    const store = folderStore(join(folder, 'not-yet'));
    expect(await store.read()).toBeUndefined();
    const first = await store.write('one', undefined);
    const second = await store.write('two', first);
    expect(await store.read()).toEqual({ text: 'two', tag: second });
    expect(await store.read({ unless: second })).toBe('unchanged');
    expect(await store.read({ unless: first })).toEqual({ text: 'two', tag: second });
  });

  it('lets one of two writers win, and tells the other', async () => {
    const stores = Array.from({ length: 8 }, () => folderStore(folder));
    const tag = await stores[0]!.write('start', undefined);
    const results = await Promise.allSettled(stores.map((store, at) => store.write(`writer ${at}`, tag)));
    const won = results.flatMap((result, at) => (result.status === 'fulfilled' ? [at] : []));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as AdapterError] : []));
    expect(won).toHaveLength(1);
    expect(new Set(refused.map(({ errorClass }) => errorClass))).toEqual(new Set(['conflict']));
    expect(await stores[0]!.read()).toMatchObject({ text: `writer ${won[0]}` });
    await expect(stores[1]!.write('as if there were nothing', undefined)).rejects.toThrow('another document');
  });

  it('reads nothing of what a crash left, and keeps few old documents', async () => {
    const store = folderStore(folder);
    let tag = await store.write('0', undefined);
    for (let count = 1; count < 10; count += 1) tag = await store.write(String(count), tag);
    await writeFile(join(folder, '.half-written'), '{');
    expect(await store.read()).toEqual({ text: '9', tag });
    expect((await readdir(folder)).filter((name) => name.startsWith('feed-'))).toHaveLength(3);
  });

  it('keeps what servers tell, by server', async () => {
    const store = folderStore(folder);
    expect(await store.readAccess()).toBeUndefined();
    await store.writeAccess('a', '{"a":1}');
    await store.writeAccess('b', '{"b":1}');
    await store.writeAccess('a', '{"a":2}');
    expect((await store.readAccess())?.toSorted()).toEqual(['{"a":2}', '{"b":1}']);
  });

  it('says what to do where it cannot write', async () => {
    await writeFile(join(folder, 'file'), '');
    const failed = folderStore(join(folder, 'file', 'below')).write('x', undefined);
    await expect(failed).rejects.toBeInstanceOf(AdapterError);
    await expect(failed).rejects.toThrow('ENOTDIR');
  });
});
