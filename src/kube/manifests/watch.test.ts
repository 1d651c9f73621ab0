import { rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { systemClock } from '../../compose/clock.ts';
import { ManifestDirectory, type Scan } from './directory.ts';
import { watchManifests } from './watch.ts';

let directory = '';
beforeEach(() => (directory = aFolderOfTest()));

const namespace = (name: string, label = 'a'): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { l: ${label} } }\n`;
const write = (name: string, content: string): Promise<void> => writeFile(join(directory, name), content);
const short = ({ changes, problems }: Pick<Scan, 'changes' | 'problems'>): readonly string[] => [
  ...changes.map(({ kind, key, object }) => `${object === undefined ? '-' : '+'} ${kind}/${key}`),
  ...problems.map(({ code }) => `! ${code}`),
];

describe('a directory that is looked at again', () => {
  it('delivers what is really different, and nothing else', async () => {
    const folder = new ManifestDirectory(directory);
    await write('a.yaml', namespace('a'));
    await write('b.yaml', namespace('b'));
    expect(short(await folder.scan())).toEqual(['+ Namespace/a', '+ Namespace/b']);
    expect(short(await folder.scan())).toEqual([]);
    await write('a.yaml', `# a comment\n${namespace('a')}`);
    expect(short(await folder.scan())).toEqual([]);
    await write('a.yaml', namespace('a', 'other'));
    expect(short(await folder.scan())).toEqual(['+ Namespace/a']);
  });

  it('takes a file that is gone for deletion, and one that moved for nothing', async () => {
    const folder = new ManifestDirectory(directory);
    await write('a.yaml', namespace('a'));
    await write('b.yaml', namespace('b'));
    await folder.scan();
    await rename(join(directory, 'a.yaml'), join(directory, 'c.yaml'));
    await unlink(join(directory, 'b.yaml'));
    expect(short(await folder.scan())).toEqual(['- Namespace/b']);
  });

  it('does not know what is in a file that could not be read from the start, until it can be', async () => {
    const folder = new ManifestDirectory(directory);
    await write('a.yaml', namespace('a'));
    await write('b.yaml', 'a: [');
    expect(await folder.scan()).toMatchObject({ complete: false });
    await write('later.yaml', 'a: [');
    expect(await folder.scan()).toMatchObject({ complete: false });
    await write('b.yaml', namespace('b'));
    expect(await folder.scan()).toMatchObject({ complete: true });
  });

  it('knows which policy it is that cannot be read, and withholds nothing else', async () => {
    const folder = new ManifestDirectory(directory);
    const policy = (action: string): string =>
      `apiVersion: postern.dev/v1alpha1\nkind: EgressPolicy\nmetadata: { name: p, namespace: a }\n` +
      `spec: { subject: { allPods: true }, action: ${action}, to: [{ networks: [192.0.2.0/24], allPorts: true }] }\n`;
    const key = { kind: 'EgressPolicy', key: 'a/p', object: undefined };
    await write('a.yaml', `${namespace('a')}---\n${policy('Forbid')}`);
    const first = await folder.scan();
    expect([first.complete, first.changes.filter(({ kind }) => kind === 'EgressPolicy')]).toEqual([
      true,
      [{ ...key, unreadable: true }],
    ]);
    await write('later.yaml', policy('Forbid').replace('name: p', 'name: later'));
    expect((await folder.scan()).changes).toEqual([]);
    await write('a.yaml', `${namespace('a')}---\n${policy('Deny')}`);
    expect((await folder.scan()).changes).toMatchObject([{ kind: 'EgressPolicy', key: 'a/p', object: {} }]);
    await unlink(join(directory, 'a.yaml'));
    expect((await folder.scan()).changes).toContainEqual(key);
  });

  it.each([
    ['stops parsing', 'a: [', '! invalid-yaml'],
    ['is half written', `${namespace('a')}---\napiVersion: v1\nkind: Namespace\nmetadata: {}\n`, '! malformed-object'],
    ['is empty', '', '! empty-file'],
  ])('a file that %s keeps its objects', async (_, content, problem) => {
    const folder = new ManifestDirectory(directory);
    await write('a.yaml', `${namespace('a')}---\n${namespace('b')}`);
    await folder.scan();
    await write('a.yaml', content);
    expect(short(await folder.scan())).toEqual([problem]);
    expect(short(await folder.scan())).toEqual([problem]);
    await write('a.yaml', namespace('a'));
    expect(short(await folder.scan())).toEqual(['- Namespace/b']);
  });

  it('a directory that cannot be read deletes nothing', async () => {
    const folder = new ManifestDirectory(directory);
    await write('a.yaml', namespace('a'));
    await folder.scan();
    await rm(directory, { recursive: true });
    expect(short(await folder.scan())).toEqual(['! unreadable-file']);
  });
});

describe('watching a directory', () => {
  it('delivers everything first, then each change, until it is told to stop', async () => {
    await write('a.yaml', namespace('a'));
    const stop = new AbortController();
    const seen: string[] = [];
    let notify: () => void = () => undefined;
    const watch = await watchManifests(
      directory,
      (news) => {
        seen.push(...short(news));
        notify();
      },
      { clock: systemClock, signal: stop.signal, settleMs: 5, rescanEveryMs: 200 },
    );
    expect(seen).toEqual(['+ Namespace/a']);
    const changed = new Promise<void>((resolve) => (notify = resolve));
    await write('b.yaml', namespace('b'));
    await changed;
    stop.abort();
    await watch.ended;
    expect(seen).toEqual(['+ Namespace/a', '+ Namespace/b']);
  });

  it('names the Secrets that are different', async () => {
    const secret = (token: string): string =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: edge }\nstringData: { token: ${token} }\n`;
    await write('a.yaml', secret('old'));
    const stop = new AbortController();
    const seen: string[][] = [];
    let notify: () => void = () => undefined;
    const watch = await watchManifests(
      directory,
      ({ renewed }) => {
        seen.push([...renewed]);
        notify();
      },
      { clock: systemClock, signal: stop.signal, settleMs: 5, rescanEveryMs: 200 },
    );
    const changed = new Promise<void>((resolve) => (notify = resolve));
    await write('a.yaml', secret('new'));
    await changed;
    stop.abort();
    await watch.ended;
    expect([seen, watch.secrets().map(({ data }) => data)]).toEqual([[['edge'], ['edge']], [{ token: 'new' }]]);
  });
});
