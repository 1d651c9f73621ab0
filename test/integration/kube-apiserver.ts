import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { skipped } from '../kit/skipped.ts';
import { startEnvtest, type Flags } from './envtest.ts';
import { kubectl, type Ended } from './kubectl.ts';

/*
 * A real kube-apiserver for the suites that need one. It comes from a checkout of control-plane scripts beside this
 * repository, or from the binaries in KUBEBUILDER_ASSETS (etcd, kube-apiserver; `setup-envtest use -p path` prints such
 * a folder). Starting takes some seconds, so a suite starts one for all of its tests.
 */

export interface KubeApiserver {
  readonly kubeconfig: string;
  /** Runs the real kubectl against it; never throws for an exit code. */
  readonly kubectl: (args: readonly string[], stdin?: string) => Promise<Ended>;
  /** One request, by default of an administrator; an answer in JSON is parsed. */
  readonly send: (method: string, path: string, body?: unknown, headers?: Headers) => Promise<Answer>;
  readonly stop: () => Promise<void>;
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What starting gives: how to reach the server, and how to end it. */
export interface Started {
  readonly kubeconfig: string;
  readonly stop: () => Promise<void>;
}

const scripts = fileURLToPath(new URL('../../../shared/kubernetes/', import.meta.url));
const run = promisify(execFile);

/** Whether a suite that needs the server can run; where not, says so loudly, and throws where `CI=true` promises one. */
export function hasKubeApiserver(): boolean {
  if (existsSync(join(scripts, 'up')) || process.env['KUBEBUILDER_ASSETS'] !== undefined) return true;
  return skipped('no kube-apiserver: set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd');
}

/** @param flags more flags of kube-apiserver, without the dashes; no value may contain a blank */
export async function startKubeApiserver(flags: Flags = {}): Promise<KubeApiserver> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-kube-'));
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const byScripts = assets === undefined || existsSync(join(scripts, 'up'));
  const { kubeconfig, stop } = await (byScripts ? startScripts(folder, flags) : startEnvtest(assets, folder, flags));
  return { kubeconfig, stop, kubectl: (args, stdin) => kubectl(kubeconfig, args, stdin), send: sender(kubeconfig) };
}

async function startScripts(folder: string, flags: Flags): Promise<Started> {
  const more = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  // Seconds; less than a hook has.
  const env = { KUBE_WAIT: '150', ...process.env, ...(more.length > 0 && { KUBE_APISERVER_ARGS: more.join(' ') }) };
  const { stdout } = await run(join(scripts, 'up'), [folder], { env });
  const stop = async (): Promise<void> => {
    await run(join(scripts, 'down'), [folder, '--wipe']);
  };
  return { kubeconfig: stdout.trim(), stop };
}

const kubeconfigSchema = z.object({
  clusters: z
    .array(z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string() }) }))
    .min(1),
  users: z.array(z.object({ user: z.object({ token: z.string() }) })).min(1),
});

function sender(kubeconfig: string): KubeApiserver['send'] {
  const { clusters, users } = kubeconfigSchema.parse(parse(readFileSync(kubeconfig, 'utf8')));
  const { server, 'certificate-authority-data': authority } = clusters[0]!.cluster;
  const options = {
    ca: Buffer.from(authority, 'base64'),
    headers: { authorization: `Bearer ${users[0]!.user.token}`, 'content-type': 'application/json' },
  };
  return (method, path, body, headers) =>
    new Promise((resolve, reject) => {
      const all = { ...options.headers, ...headers };
      const call = request(new URL(path, server), { ...options, headers: all, method }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text,
          });
        });
      });
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
}
