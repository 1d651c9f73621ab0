import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { runPostern } from '../../../src/cli/testing/run-postern.ts';
import { writeDocument, type FeedDocument } from '../document/document.ts';
import { folderStore } from '../store/folder.ts';
import { aDocument } from '../testing/served.ts';

let folder: string;
let tag: string | undefined;
beforeEach(() => {
  folder = aFolderOfTest();
  tag = undefined;
});

async function publish(document: FeedDocument): Promise<void> {
  tag = await folderStore(join(folder, 'feeds', 'edge')).write(writeDocument(document), tag);
}

function exported(): ReturnType<typeof runPostern> {
  return runPostern(['feed', '--feeds', join(folder, 'feeds'), '--export', join(folder, 'out')]);
}

const read = (path: string): Promise<string> => readFile(join(folder, 'out', 'edge', path), 'utf8');

describe('postern feed --export', () => {
  it('writes everything that is published as files, and leaves alone what is right', async () => {
    await publish(aDocument());
    expect(await exported()).toMatchObject({ code: 0 });
    expect(await read('lists/pn-east-a.txt')).toBe('10.0.0.1\n2001:db8::1\n');
    expect((await readdir(join(folder, 'out', 'edge'), { recursive: true })).sort()).toEqual([
      ...['check-point.json', 'fortigate.json', 'lists', 'lists/pn-east-a.txt', 'manifest.json', 'rules', 'rules.json'],
      ...['rules/pn-east-r.domain.txt', 'rules/pn-east-r.ip.txt', 'rules/pn-east-r.url.txt'],
    ]);
    const { mtimeMs } = await stat(join(folder, 'out', 'edge', 'rules.json'));
    await exported();
    expect((await stat(join(folder, 'out', 'edge', 'rules.json'))).mtimeMs).toBe(mtimeMs);
  });

  it('leaves nobody in a list that is gone, and files of others as they are', async () => {
    await publish(aDocument());
    await exported();
    await writeFile(join(folder, 'out', 'edge', 'index.html'), 'theirs');
    await publish(aDocument({ revision: 2, lists: [], rules: [] }));
    await exported();
    expect(await Promise.all(['lists/pn-east-a.txt', 'rules/pn-east-r.ip.txt', 'index.html'].map(read))).toEqual([
      '255.255.255.255\n',
      '255.255.255.255\n',
      'theirs',
    ]);
  });

  it('touches nothing of a feed that cannot be published, says so, and writes the others', async () => {
    await mkdir(join(folder, 'feeds', 'new'), { recursive: true });
    await publish(aDocument());
    const { code, out } = await exported();
    expect([code, out]).toEqual([1, expect.stringContaining('feed new: nothing has been published yet')]);
    expect(await read('rules.json')).toContain('pn-east-r');
    const [list] = aDocument().lists;
    await publish(aDocument({ revision: 2, lists: [{ ...list!, entries: '10.0.0.1\n::/0' }], rules: [] }));
    expect((await exported()).out).toContain('pn-east-a has an entry that is no address');
    expect(await read('rules.json')).toContain('pn-east-r');
  });

  it('wants either a place to write to, or what a server needs', async () => {
    const { code, err } = await runPostern(['feed', '--feeds', folder]);
    expect([code, err]).toEqual([1, expect.stringContaining('--tls-cert, --tls-key and --consumers')]);
  });
});
