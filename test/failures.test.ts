import { execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from './kit/folders.ts';
import { issueTestingCertificate, type TestingCertificate } from '../kit/simulator/certificate.ts';

/*
 * What people meet on their first day: a cluster or a device that cannot be reached. Each has to be told in a sentence that
 * names the place and what to look at, by the built program, which ends by itself with 1.
 */

const run = promisify(execFile);
const token = 'very-secret-token';
const year = 365 * 86_400_000;

const folder = aFolder();
const servers: Server[] = [];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function postern(...argv: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'], HOME: folder };
  const options = { env, timeout: 150_000, cwd: folder };
  return run(process.execPath, [join(folder, 'dist', 'postern.js'), ...argv], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ended,
  );
}

/** An API server that answers everything with one status. */
async function answering(status: number, certificate: TestingCertificate): Promise<number> {
  const { key, certificate: cert } = certificate;
  const server = createServer({ key, cert }, (request, response) => {
    const isVersion = status === 403 && request.url === '/version';
    response.writeHead(isVersion ? 200 : status, { 'content-type': 'application/json' });
    const words = status === 403 ? 'pods is forbidden' : 'Unauthorized';
    response.end(
      isVersion ? '{"major":"1","minor":"37"}' : JSON.stringify({ kind: 'Status', status: 'Failure', message: words }),
    );
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function kubeconfig(server: string, ca?: string, user: object = { token }): Promise<readonly string[]> {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.yaml`);
  const authority = ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'blue', user: 'me' } }],
    clusters: [{ name: 'blue', cluster: { server, ...authority } }],
    users: [{ name: 'me', user }],
  };
  await writeFile(path, JSON.stringify(config));
  return ['--kubeconfig', path];
}

async function behind(certificate: TestingCertificate, ca = certificate.ca, status = 401): Promise<readonly string[]> {
  return kubeconfig(`https://127.0.0.1:${await answering(status, certificate)}`, ca);
}

const clusters: readonly (readonly [string, () => Promise<readonly string[]>, RegExp])[] = [
  ['no kubeconfig at all', () => Promise.resolve([]), /no kubeconfig found.*set KUBECONFIG/],
  [
    'a kubeconfig that is not there',
    () => Promise.resolve(['--kubeconfig', '/nowhere/config']),
    /cannot read the kubeconfig \/nowhere\/config \(ENOENT\)/,
  ],
  [
    'a kubeconfig that is none',
    async () => {
      await writeFile(join(folder, 'broken'), 'a: [b');
      return ['--kubeconfig', join(folder, 'broken')];
    },
    /cannot read the kubeconfig .*broken \(not a kubeconfig\)/,
  ],
  [
    'a context that it has not',
    async () => [...(await kubeconfig('https://127.0.0.1:1')), '--context', 'there'],
    /has no context "there"; it has: here/,
  ],
  [
    'a server that is no URL',
    () => kubeconfig('blue:'),
    /the server of cluster blue in the kubeconfig is no https address: "blue:"/,
  ],
  ['a server without TLS', () => kubeconfig('http://192.0.2.1'), /192\.0\.2\.1 is reached without TLS/],
  [
    'nothing that listens',
    () => kubeconfig('https://127.0.0.1:1'),
    /at 127\.0\.0\.1:1: .*ECONNREFUSED.*nothing listens there/,
  ],
  [
    'a name that does not resolve',
    () => kubeconfig('https://no-such-host.invalid:6443'),
    /at no-such-host\.invalid:6443: (ENOTFOUND.*check it, and DNS|EAI_AGAIN.*DNS does not answer)/,
  ],
  [
    'another certificate authority',
    async () => behind(await issueTestingCertificate('a'), (await issueTestingCertificate('b')).ca),
    /at 127\.0\.0\.1:\d+: .*is the certificate-authority of the kubeconfig the one of this server\?/,
  ],
  [
    'a certificate that has expired',
    async () => behind(await issueTestingCertificate('a', ['127.0.0.1'], Date.now() - 2 * year)),
    /CERT_HAS_EXPIRED.*renew it/,
  ],
  [
    'a certificate for another name',
    async () => behind(await issueTestingCertificate('a', ['example.com'])),
    /ERR_TLS_CERT_ALTNAME_INVALID.*for another name/,
  ],
  ['a token that is refused', async () => behind(await issueTestingCertificate('a')), /Unauthorized; .*has it expired/],
  [
    'a permission that is missing',
    async () => {
      const certificate = await issueTestingCertificate('a');
      return behind(certificate, certificate.ca, 403);
    },
    /^(?!.*syncing).*(may not list \w+: grant list on \w+|pods is forbidden)/,
  ],
  [
    'a plug-in that is not there',
    () =>
      kubeconfig('https://127.0.0.1:1', undefined, {
        exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin', interactiveMode: 'Never' },
      }),
    /the plug-in no-such-plugin failed/,
  ],
];

const point = (url: string): string => `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: fortigate, config: { url: '${url}' }, secretRef: { name: edge } }
`;
const secret = `
---
apiVersion: v1
kind: Secret
metadata: { name: edge, namespace: postern-system }
stringData: { token: ${token} }
`;

const devices: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
  [
    'nothing that listens',
    () => Promise.resolve(point('https://127.0.0.1:1') + secret),
    /No answer to GET .* at 127\.0\.0\.1:1: ECONNREFUSED/,
  ],
  [
    'a name that does not resolve',
    () => Promise.resolve(point('https://no-such-host.invalid') + secret),
    /no-such-host\.invalid/,
  ],
  [
    'another certificate authority',
    async () => point(`https://127.0.0.1:${await answering(401, await issueTestingCertificate('a'))}`) + secret,
    /certificate is not trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE, at 127\.0\.0\.1:\d+\)/,
  ],
  ['a Secret that is missing', () => Promise.resolve(point('https://127.0.0.1:1')), /Secret.*edge|edge.*Secret/],
];

function expectPlain({ code, stdout, stderr }: Ended, told: RegExp): void {
  const text = `${stdout}${stderr}`;
  expect(text.replaceAll('\n', ' ')).toMatch(told);
  expect(code).toBe(1);
  expect(text).not.toMatch(/^\s+at .*[:(]/m);
  expect(text).not.toMatch(/\bundefined\b|\[object|TypeError|node:internal/);
  expect(text).not.toContain(token);
}

describe('what cannot be reached', () => {
  beforeAll(async () => {
    await run(process.execPath, ['tools/build/build.js', join(folder, 'dist')]);
  });
  afterAll(() => {
    for (const server of servers) server.close().closeAllConnections();
  });

  describe.each([
    ['plan', ['plan', '--cluster', 'blue']],
    ['status', ['status']],
  ])('a cluster, asked by postern %s', (_, command) => {
    it.each(clusters)('%s', async (_name, prepare, told) => {
      expectPlain(await postern(...command, ...(await prepare())), told);
    });
  });

  describe('a device, asked by postern plan --live', () => {
    it.each(devices)('%s', async (_name, prepare, told) => {
      const file = join(folder, 'point.yaml');
      await writeFile(file, await prepare());
      expectPlain(await postern('plan', '--live', '-f', file), told);
    });
  });

  describe('what is told to end while nothing answers', () => {
    let port = 0;
    let connected: () => void = () => undefined;
    const hole = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      sockets.add(socket);
      connected();
    });
    const sockets = new Set<Socket>();
    beforeAll(async () => {
      await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve));
      port = (hole.address() as AddressInfo).port;
      const enforcing = point(`https://127.0.0.1:${port}`).replace('spec: {', 'spec: { mode: Enforce,') + secret;
      await mkdir(join(folder, 'silent'));
      await writeFile(join(folder, 'silent', 'edge.yaml'), enforcing);
    });
    afterAll(() => {
      for (const socket of sockets) socket.destroy();
      hole.close();
    });

    const onCluster = (): Promise<readonly string[]> => kubeconfig(`https://127.0.0.1:${port}`);
    const onDevice = (): Promise<readonly string[]> => Promise.resolve(['-f', join(folder, 'silent')]);
    const onRedis = async (): Promise<readonly string[]> => [
      '--redis',
      `redis://127.0.0.1:${port}`,
      ...(await onCluster()),
    ];

    it.each<[string, readonly string[], () => Promise<readonly string[]>, number]>([
      ['survey', ['survey'], onCluster, 1],
      ['status', ['status'], onCluster, 1],
      ['plan of a cluster', ['plan', '--cluster', 'blue'], onCluster, 1],
      ['refresh', ['refresh', 'edge'], onCluster, 1],
      ['sync', ['sync', '--once', '--cluster', 'blue'], onCluster, 1],
      ['run', ['run', '--cluster', 'blue'], onCluster, 0],
      ['plan --live', ['plan', '--live'], onDevice, 1],
      ['verify --live', ['verify', '--live'], onDevice, 1],
      ['drift', ['drift'], onDevice, 1],
      ['run --manifests', ['run', '--manifests', 'silent'], () => Promise.resolve([]), 1],
      ['worker', ['worker', '--cluster', 'blue'], onRedis, 0],
      ['worker --drain', ['worker', '--drain', '--cluster', 'blue'], onRedis, 1],
      ['controller', ['controller'], onRedis, 0],
    ])('%s ends by itself, before any request would', async (_, command, rest, expected) => {
      const reached = new Promise<void>((resolve) => (connected = resolve));
      const env = { PATH: process.env['PATH'], HOME: folder };
      const argv = [join(folder, 'dist', 'postern.js'), ...command, ...(await rest())];
      const child = spawn(process.execPath, argv, { env, cwd: folder });
      let told = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (more) => (told += String(more)));
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      await Promise.race([reached, ended]);
      child.kill('SIGTERM');
      // A request to an API server or a device ends by itself after 30 s.
      const tooLate = setTimeout(() => child.kill('SIGKILL'), 25_000);
      const code = await ended;
      clearTimeout(tooLate);
      expect([code, told]).toEqual([expected, expect.not.stringMatching(/^\s+at .*[:(]|MaxListeners/m)]);
    });
  });
});
