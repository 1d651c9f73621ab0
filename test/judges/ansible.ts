import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { skipped } from '../kit/skipped.ts';
import { run } from './programs.ts';

/** Is the collection there to judge? In CI it has to be. */
export function hasCollection(collection: string, module: string, simulator: string): boolean {
  const found = spawnSync('ansible-doc', ['-l', collection], { encoding: 'utf8', timeout: 180_000 });
  if (found.status === 0 && found.stdout.includes(module)) return true;
  const why = `ansible with the collection ${collection} is not installed`;
  return skipped(`The Ansible judge of the ${simulator} simulator cannot run: ${why}.`);
}

export interface Task {
  readonly name: string;
  readonly result: 'ok' | 'changed' | 'failed';
  /** What the module says about it. */
  readonly message?: string | undefined;
}

interface PlayOutput {
  readonly plays: readonly {
    readonly tasks: readonly {
      readonly task: { readonly name: string };
      readonly hosts: Readonly<
        Record<string, { readonly changed?: boolean; readonly failed?: boolean; readonly msg?: string }>
      >;
    }[];
  }[];
}

/** What each task of a playbook of this folder comes to, with the authority in `ca.pem` of the home trusted. */
export async function play(home: string, playbook: string, options: readonly string[]): Promise<readonly Task[]> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    LANG: 'C.UTF-8',
    HOME: home,
    SSL_CERT_FILE: join(home, 'ca.pem'),
    F5_TELEMETRY_OFF: '1',
    ANSIBLE_STDOUT_CALLBACK: 'json',
    ANSIBLE_HOST_KEY_CHECKING: 'false',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_DEPRECATION_WARNINGS: 'false',
    ANSIBLE_LOCALHOST_WARNING: 'false',
  };
  const path = fileURLToPath(new URL(playbook, import.meta.url));
  const { out, err } = await run('ansible-playbook', [...options, path], { env, timeout: 240_000 });
  const start = out.indexOf('{\n');
  if (start < 0) throw new Error(`ansible-playbook said no JSON: ${out}${err}`);
  const { plays } = JSON.parse(out.slice(start)) as PlayOutput;
  return plays
    .flatMap(({ tasks }) => tasks)
    .flatMap(({ task: { name }, hosts }) =>
      Object.values(hosts)
        .slice(0, 1)
        .map(({ failed = false, changed = false, msg }): Task => {
          return { name, result: failed ? 'failed' : changed ? 'changed' : 'ok', message: msg };
        }),
    );
}
