import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { issueTestingCertificate } from '../../../kit/simulator/certificate.ts';
import { fromKubeconfig } from './kubeconfig.ts';
import { Transport } from './transport.ts';

let folder: string;

beforeEach(() => (folder = aFolderOfTest()));

afterEach(() => void vi.unstubAllEnvs());

/** A kubeconfig whose user is as given, in YAML's flow style. */
function written(user: string): string {
  return trusted('https://192.0.2.1:6443/prefix', 'Q0E=', user);
}

/** One that leads to a server, which the authority has signed. */
function trusted(server: string, authority: string, user = '{ token: t1 }'): string {
  const path = join(folder, 'config');
  writeFileSync(
    path,
    `apiVersion: v1
kind: Config
current-context: one
clusters: [{ name: c, cluster: { server: '${server}', certificate-authority-data: ${authority} } }]
users: [{ name: u, user: ${user} }]
contexts: [{ name: one, context: { cluster: c, user: u, namespace: shop } }, { name: two, context: { cluster: x, user: u } }]
`,
  );
  return path;
}

it('reads where the server is, whom it trusts and who we are', async () => {
  const credentials = fromKubeconfig({ path: written('{ token: t1 }') });
  expect([credentials.server.href, credentials.namespace]).toEqual(['https://192.0.2.1:6443/prefix', 'shop']);
  expect(await credentials.options()).toEqual({
    ca: Buffer.from('CA'),
    headers: { Authorization: 'Bearer t1' },
    rejectUnauthorized: true,
  });
});

it('reads a rotated token when the old one was refused', async () => {
  const credentials = fromKubeconfig({ path: written('{ token: t1 }') });
  written('{ token: t2 }');
  expect((await credentials.options()).headers).toEqual({ Authorization: 'Bearer t1' });
  credentials.refresh();
  expect((await credentials.options()).headers).toEqual({ Authorization: 'Bearer t2' });
});

it('reads the authority anew when the server cannot be verified, as after its certificates were replaced', async () => {
  const [before, now] = await Promise.all([issueTestingCertificate('before'), issueTestingCertificate('now')]);
  const server = createServer({ key: now.key, cert: now.certificate }, (_, response) => response.end('{}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const trusting = ({ ca }: { readonly ca: string }): string =>
    trusted(`https://127.0.0.1:${port}`, Buffer.from(ca).toString('base64'));
  const transport = new Transport(fromKubeconfig({ path: trusting(before) }));
  const ask = (): Promise<unknown> => transport.request({ path: '/version' });
  await expect(ask()).rejects.toThrow(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/);
  trusting(now);
  await expect(ask()).rejects.toThrow(/UNABLE_TO/);
  expect(await ask()).toEqual({});
  transport.close();
  server.close();
});

it('asks a plug-in for a token', async () => {
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'from-plug-in' },
  };
  const user = { exec: { command: process.execPath, args: ['-e', `console.log('${JSON.stringify(credential)}')`] } };
  const credentials = fromKubeconfig({ path: written(JSON.stringify(user)) });
  expect((await credentials.options()).headers).toEqual({ Authorization: 'Bearer from-plug-in' });
});

it('does not pass on what a failing plug-in said: it may hold a token', async () => {
  const user = { exec: { command: process.execPath, args: ['-e', 'console.error("token s3cret"); process.exit(1)'] } };
  const credentials = fromKubeconfig({ path: written(JSON.stringify(user)) });
  const message = `no credentials: the plug-in ${process.execPath} failed; try the same with kubectl`;
  await expect(credentials.options()).rejects.toMatchObject({ reason: 'CredentialsUnavailable', message });
});

it('keeps the credentials it has when the file cannot be read at the moment', async () => {
  const path = written('{ token: t1 }');
  const credentials = fromKubeconfig({ path });
  rmSync(path);
  credentials.refresh();
  expect((await credentials.options()).headers).toEqual({ Authorization: 'Bearer t1' });
});

it('says what is wrong with a file that is no kubeconfig, or not a whole one', () => {
  const path = written('{}');
  const missing = join(folder, 'none');
  expect(() => fromKubeconfig({ path: missing })).toThrow(`cannot read the kubeconfig ${missing} (ENOENT)`);
  vi.stubEnv('KUBECONFIG', missing);
  expect(() => fromKubeconfig({})).toThrow(`cannot read the kubeconfig ${missing} (ENOENT)`);
  const context = 'the kubeconfig has no cluster for its context two';
  expect(() => fromKubeconfig({ path, context: 'two' })).toThrow(context);
  vi.stubEnv('KUBECONFIG', written('{ not: [yaml'));
  expect(() => fromKubeconfig({})).toThrow('cannot read the kubeconfig of KUBECONFIG, or ~/.kube/config (not a ');
});
