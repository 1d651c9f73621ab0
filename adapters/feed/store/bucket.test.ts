import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startS3 } from '../../../kit/simulator/aws/s3.ts';
import { until } from '../../../test/kit/redis-server.ts';
import { feedConfigSchema } from '../config.ts';
import { writeDocument } from '../document/document.ts';
import { aDocument } from '../testing/served.ts';
import { bucketStore } from './bucket.ts';
import type { FeedStore } from './store.ts';

type Storage = Awaited<ReturnType<typeof startS3>>;
let storage: Storage;
beforeEach(async () => {
  storage = await startS3();
});
afterEach(() => storage.close());

const storeAt = (at: Storage, config = {}, secret = {}): FeedStore =>
  bucketStore(
    { bucket: at.bucket, region: at.region, prefix: 'edge/', url: at.url, ...config },
    {
      secret: { ...at.credentials, 'ca.crt': at.ca, ...secret },
      clock: { now: () => Date.now(), elapsed: () => performance.now(), sleep: () => Promise.resolve() },
    },
  );
const document = (revision: number, fields: Parameters<typeof aDocument>[0] = {}): string =>
  writeDocument(aDocument({ revision, ...fields }));
const objects = (): Readonly<Record<string, string>> => storage.dump() as Record<string, string>;
const puts = (): readonly string[] =>
  storage.requests().flatMap(({ method, path }) => (method === 'PUT' ? [path.replace('/feeds/edge/', '')] : []));

it.each([
  [{ folder: 'relative' }, 'store.folder: must be an absolute path'],
  [{ bucket: 'feeds', region: 'eu-west-1', prefix: 'edge' }, 'store.prefix: must be empty, or names that each end'],
  [{ bucket: 'feeds', region: 'eu-west-1', url: 'http://minio' }, 'store.url: must be https://host'],
  [{ bucket: 'feeds' }, 'store: region '],
  [{ bucket: 'feeds', region: 'eu-west-1', folder: '/var' }, 'store: Unrecognized key: "folder"'],
  [{}, 'store: folder '],
  [undefined, 'store: Required value: write { folder }, or { bucket, region }'],
])('a store %j is refused with what is wrong with it', (store, message) => {
  const issues = feedConfigSchema.safeParse({ store }).error?.issues ?? [];
  expect(issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)).toEqual([
    expect.stringContaining(message),
  ]);
});

describe('a bucket as a store', () => {
  it('has each list as an object beside the document, and writes again only what has changed', async () => {
    const store = storeAt(storage);
    expect(await store.read()).toBeUndefined();
    const tag = await store.write(document(1), undefined);
    expect(objects()['edge/lists/pn-east-a.txt']).toBe('10.0.0.1\n2001:db8::1\n');
    expect(await store.read({ unless: tag })).toBe('unchanged');
    const before = puts().length;
    const lists = aDocument().lists.map((list) => ({ ...list, entries: '10.0.0.1 10.0.0.2' }));
    await store.write(document(2, { lists }), tag);
    const again = puts().slice(before);
    expect([again[0], again.at(-1)]).toEqual(['document.json', 'manifest.json']);
    expect(again).toContain('lists/pn-east-a.txt');
    expect(again).not.toContain('rules/pn-east-r.ip.txt');
    const { files } = JSON.parse(objects()['edge/manifest.json'] ?? '') as {
      readonly files: readonly { readonly path: string; readonly sha256: string }[];
    };
    for (const { path, sha256 } of files)
      expect(
        createHash('sha256')
          .update(objects()[`edge/${path}`] ?? '')
          .digest('hex'),
      ).toBe(sha256);
  });

  it('leaves nobody in a list that is gone, and the list where it is', async () => {
    const store = storeAt(storage);
    const tag = await store.write(document(1), undefined);
    await store.write(document(2, { lists: [], rules: [] }), tag);
    expect(objects()['edge/lists/pn-east-a.txt']).toBe('255.255.255.255\n');
  });

  it('lets one of two writers win, and tells the other', async () => {
    const [first, second] = [storeAt(storage), storeAt(storage)];
    const tag = await first.write(document(1), undefined);
    await second.write(document(2), tag);
    await expect(first.write(document(2, { lists: [] }), tag)).rejects.toMatchObject({ errorClass: 'conflict' });
    await expect(first.write(document(9), undefined)).rejects.toMatchObject({ errorClass: 'conflict' });
    expect(await first.read()).toMatchObject({ text: document(2) });
  });

  it('has all lists after a read, when whoever wrote the document ended before', async () => {
    storage.fault({ kind: 'error-before', status: 500, match: 'PUT .*lists', times: 1 });
    await expect(storeAt(storage).write(document(1), undefined)).rejects.toMatchObject({ errorClass: 'transient' });
    expect(objects()['edge/manifest.json']).toBeUndefined();
    expect(await storeAt(storage).read()).toMatchObject({ text: document(1) });
    expect(objects()['edge/lists/pn-east-a.txt']).toBe('10.0.0.1\n2001:db8::1\n');
    expect(JSON.parse(objects()['edge/manifest.json'] ?? '')).toMatchObject({ revision: 1 });
  });

  it('puts right at the next read what a writer that was held up has put over newer lists', async () => {
    const list = (entries: string) => ({ lists: aDocument().lists.map((one) => ({ ...one, entries })) });
    const published = (): string | undefined => objects()['edge/lists/pn-east-a.txt'];
    const [late, next] = [storeAt(storage), storeAt(storage)];
    const first = await late.write(document(1), undefined);
    storage.fault({ kind: 'latency', latencyMs: 5_000, match: 'PUT .*lists/pn-east-a', times: 1 });
    const text = document(2, list('10.0.0.1 10.0.0.9'));
    const heldUp = late.write(text, first);
    await until('the document is there', () => objects()['edge/document.json'] === text);
    const second = await next.read();
    if (second === undefined || second === 'unchanged') throw new Error('nothing was read');
    await next.write(document(3, list('10.0.0.1')), second.tag);
    expect(published()).toBe('10.0.0.1\n');
    await heldUp;
    expect(published()).toBe('10.0.0.1\n10.0.0.9\n');
    await next.read();
    expect(published()).toBe('10.0.0.1\n');
    expect(JSON.parse(objects()['edge/manifest.json'] ?? '')).toMatchObject({ revision: 3 });
  });

  it('refuses a storage that takes no notice of conditions, before it writes a document', async () => {
    const careless = await startS3({ keepsConditions: false });
    await expect(storeAt(careless).write(document(1), undefined)).rejects.toThrow(/takes no notice of If-None-Match/);
    expect(Object.keys(careless.dump())).toEqual(['edge/conditions-check']);
    await careless.close();
  });

  it.each([
    ['a bucket that is not there', { bucket: 'none' }, {}, /the bucket is not there; make it, or correct its name/],
    ['another region', { region: 'eu-west-2' }, {}, /the secret key is wrong/],
    ['a wrong key', {}, { secretAccessKey: 'wrong' }, /the secret key is wrong/],
    ['keys of nobody', {}, { accessKeyId: 'AKIANOBODY' }, /the credentials are refused/],
  ])('says what is wrong with %s', async (_, config, secret, message) => {
    await expect(storeAt(storage, config, secret).read()).rejects.toThrow(message);
  });

  it('never takes a failure for an empty bucket', async () => {
    storage.fault({ kind: 'error-before', status: 403, times: 1 });
    await expect(storeAt(storage).read()).rejects.toThrow(/Allow s3:GetObject and s3:ListBucket/);
    storage.fault({ kind: 'html', status: 404, times: 1 });
    await expect(storeAt(storage).read()).rejects.toBeInstanceOf(Error);
  });
});
