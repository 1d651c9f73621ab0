import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { issueTestingCertificate } from '../../../kit/simulator/certificate.ts';
import { ioOf, runPostern } from '../testing/run-postern.ts';
import { main } from '../main.ts';

let folder: string;
beforeEach(() => (folder = aFolderOfTest()));

const password = 'a password of sixteen';

function fetched(url: string, ca: string): Promise<{ readonly status: number; readonly body: string }> {
  const headers = { authorization: `Basic ${Buffer.from(`pan-1:${password}`).toString('base64')}` };
  return new Promise((resolve, reject) => {
    const asking = request(url, { ca, headers }, (answer) => {
      let body = '';
      answer.on('data', (part: Buffer) => (body += part.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    asking.on('error', reject).end();
  });
}

const manifests = (store: string): string => `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Pod
metadata: { name: a, namespace: shop, uid: a, labels: { app: a } }
spec: { containers: [{ name: a, image: a }] }
status: { phase: Running, podIP: 10.0.0.7, podIPs: [{ ip: 10.0.0.7 }] }
---
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: a, namespace: shop }
spec: { subject: { allPods: true }, action: Accept, to: [{ networks: [203.0.113.0/24], ports: [{ port: 443, protocol: TCP }] }] }
---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: feed, mode: Enforce, vantage: { type: Pod }, config: { store: { folder: ${store} } } }
`;

it('run serves what it publishes to who may fetch it, and ends with everything', async () => {
  const { ca, certificate, key } = await issueTestingCertificate('feed');
  const [feeds, files, yaml] = ['feeds', 'files', 'yaml'].map((name) => join(folder, name));
  for (const one of [feeds!, files!, yaml!]) await mkdir(one);
  await writeFile(join(files!, 'tls.crt'), certificate);
  await writeFile(join(files!, 'tls.key'), key);
  const consumers = `consumers: [{ name: pan-1, basic: [{ username: pan-1, password: ${password} }] }]\n`;
  await writeFile(join(files!, 'consumers.yaml'), consumers);
  await writeFile(join(yaml!, 'all.yaml'), manifests(join(feeds!, 'edge')));
  const end = new AbortController();
  let said = '';
  const argv = [
    'run',
    '--manifests',
    yaml!,
    '--cluster',
    'east',
    '--feeds',
    feeds!,
    '--feed-files',
    files!,
    '--audit-dir',
    join(folder, 'audit'),
  ];
  const running = main(
    [...argv, '--feed-listen', '127.0.0.1:0'],
    ioOf((text) => (said += text), { signal: end.signal }),
  );
  const url = await expect
    .poll(() => /feeds at (https:\S+)/.exec(said)?.[1], { timeout: 80_000 })
    .toBeDefined()
    .then(() => /feeds at (https:\S+)/.exec(said)?.[1] ?? '');
  await expect.poll(() => readdir(feeds!), { timeout: 80_000 }).toEqual(['edge']);
  await expect.poll(async () => (await fetched(`${url}/edge/rules.json`, ca)).status, { timeout: 80_000 }).toBe(200);
  const { body } = await fetched(`${url}/edge/rules.json`, ca);
  const [list = ''] = /lists\/[\w.-]+\.txt/.exec(body) ?? [];
  expect((await fetched(`${url}/edge/${list}`, ca)).body).toBe('10.0.0.7\n');
  end.abort();
  await running;
  await expect(fetched(`${url}/healthz`, ca)).rejects.toThrow();
});

it('says which file is missing, and that what is served and how go together', async () => {
  const alone = await runPostern(['run', '--manifests', folder, '--feeds', folder]);
  expect([alone.code, alone.err]).toEqual([1, expect.stringMatching(/--feeds and --feed-files go together/)]);
  const empty = ['run', '--manifests', folder, '--cluster', 'east', '--feeds', folder, '--feed-files', folder];
  expect((await runPostern(empty)).err).toMatch(/--consumers: ENOENT.*consumers\.yaml/);
});
