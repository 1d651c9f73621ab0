import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { stringify } from 'yaml';
import { freePorts } from '../kit/free-ports.ts';
import type { Started } from './kube-apiserver.ts';
import { kubectl } from './kubectl.ts';

/**
 * Starts etcd and kube-apiserver out of `assets` on the loopback interface, with all that they write in `folder`, and
 * with these flags of kube-apiserver besides its usual ones.
 * Throws when the server is not ready in time, and leaves nothing running.
 */
export async function startEnvtest(assets: string, folder: string, flags: Flags): Promise<Started> {
  const [clients, peers, secure] = await freePorts(3);
  const token = randomBytes(24).toString('hex');
  writeSecrets(folder, token);
  const etcd = launch(assets, folder, 'etcd', etcdFlags(folder, `http://127.0.0.1:${clients}`, peers));
  const apiserver = launch(assets, folder, 'kube-apiserver', {
    ...apiserverFlags(folder, clients, secure),
    ...flags,
  });
  const kubeconfig = join(folder, 'kubeconfig');
  const stop = async (): Promise<void> => {
    await end(apiserver);
    await end(etcd);
    rmSync(folder, { recursive: true, force: true });
  };
  const ready = async (): Promise<boolean> => {
    if (!existsSync(certificate(folder))) return false;
    writeFileSync(kubeconfig, kubeconfigFor(folder, secure, token), { mode: 0o600 });
    return (await kubectl(kubeconfig, ['get', '--raw', '/readyz'])).code === 0;
  };
  try {
    await vi.waitUntil(ready, { timeout: 150_000, interval: 200 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeconfig, stop };
}

function writeSecrets(folder: string, token: string): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(join(folder, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
}

export type Flags = Readonly<Record<string, string>>;

function etcdFlags(folder: string, url: string, peers: number | undefined): Flags {
  return {
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': `http://127.0.0.1:${peers}`,
    'unsafe-no-fsync': 'true',
  };
}

function apiserverFlags(folder: string, clients: number | undefined, secure: number | undefined): Flags {
  return {
    'etcd-servers': `http://127.0.0.1:${clients}`,
    'cert-dir': join(folder, 'pki'),
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'secure-port': String(secure),
    'token-auth-file': join(folder, 'tokens.csv'),
    'authorization-mode': 'RBAC',
    'service-cluster-ip-range': '10.0.0.0/24',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': join(folder, 'sa.key'),
    'service-account-signing-key-file': join(folder, 'sa.key'),
    'disable-admission-plugins': 'ServiceAccount',
    'endpoint-reconciler-type': 'none',
  };
}

/** What the server signs for itself, with the authority that signed it in the same file. */
function certificate(folder: string): string {
  return join(folder, 'pki', 'apiserver.crt');
}

function kubeconfigFor(folder: string, secure: number | undefined, token: string): string {
  const authority = readFileSync(certificate(folder)).toString('base64');
  const cluster = { server: `https://127.0.0.1:${secure}`, 'certificate-authority-data': authority };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'admin' } }],
    'current-context': 'local',
  });
}

function launch(assets: string, folder: string, name: string, flags: Flags): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), 'a');
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  return spawn(join(assets, name), args, { stdio: ['ignore', log, log] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
