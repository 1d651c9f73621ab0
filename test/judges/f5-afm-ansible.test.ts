import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startF5Afm, type F5AfmSimulator } from '../../adapters/f5-afm/simulator/simulator.ts';

/*
 * The vendor's own client judges the simulator: what f5networks.f5_modules is content with, and in the ways in which it
 * is, is not something we made up for our adapter.
 */

const found = spawnSync('ansible-doc', ['-l', 'f5networks.f5_modules'], { encoding: 'utf8', timeout: 180_000 });
const available = found.status === 0 && found.stdout.includes('bigip_firewall_policy');
if (!available) {
  const why = 'ansible with the collection f5networks.f5_modules is not installed';
  if (process.env['CI'] === 'true') throw new Error(`The Ansible judge of the F5 simulator cannot run: ${why}.`);
  console.warn(`SKIPPED: the Ansible judge of the F5 simulator: ${why}.`);
}

describe.runIf(available)('the f5networks.f5_modules collection', { timeout: 240_000 }, () => {
  let sim: F5AfmSimulator;
  let home: string;
  beforeAll(async () => {
    sim = await startF5Afm({ port: 0 });
    home = await mkdtemp(join(tmpdir(), 'judge-'));
    await writeFile(join(home, 'ca.pem'), sim.ca);
  });
  afterAll(async () => {
    await sim.close();
    await rm(home, { recursive: true, force: true });
  });

  it('creates, repeats and changes, and leaves a policy behind that lets through what it says', async () => {
    const results = await play(sim, home, '--skip-tags', 'removal');
    expect(results.filter(([name, result]) => result !== expected(name))).toEqual([]);
    expect(results.filter(([name]) => name.startsWith('repeat'))).toHaveLength(11);
    sim.administer('PATCH', '/mgmt/tm/ltm/virtual/egress', { fwEnforcedPolicy: '/Judged/egress' });
    const flow = { src: '10.0.0.3', dst: '192.0.2.1', port: 8080, protocol: 'TCP' } as const;
    expect(sim.verdict(flow)).toEqual({ action: 'Accept', rule: 'web' });
    expect(sim.verdict({ ...flow, src: '10.0.0.1' })).toEqual({ action: 'Deny', rule: 'implicit' });
    expect(sim.verdict({ ...flow, port: 8443 })).toEqual({ action: 'Deny', rule: 'implicit' });
  });

  it('takes everything away again, and its password is nowhere in the log', async () => {
    sim.administer('PATCH', '/mgmt/tm/ltm/virtual/egress', { fwEnforcedPolicy: 'none' });
    const results = await play(sim, home, '--tags', 'removal');
    expect(results.filter(([name, result]) => result !== expected(name))).toEqual([]);
    expect(results).toHaveLength(10);
    expect(sim.dump()).toEqual({});
    const password = sim.credentials['password'] ?? '';
    expect(sim.requests().filter(({ body }) => body.includes(password))).toEqual([]);
  });
});

/** What each task should come to, by its name; `-vvv` for what a failed one says. */
function expected(name: string): string {
  if (name === 'delete what is in use') return 'failed';
  return name.startsWith('repeat') || name.endsWith('again') ? 'ok' : 'changed';
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

/** Name and result of every task, and what it says if it fails. */
async function play(
  sim: F5AfmSimulator,
  home: string,
  ...options: string[]
): Promise<readonly (readonly [string, ...string[]])[]> {
  const { hostname, port } = new URL(sim.url);
  const { username: user, password } = sim.credentials;
  const provider = {
    server: hostname,
    server_port: Number(port),
    user,
    password,
    validate_certs: true,
    no_f5_teem: true,
  };
  const variables = join(home, 'variables.json');
  await writeFile(variables, JSON.stringify({ provider }));
  const playbook = fileURLToPath(new URL('./f5-afm.playbook.yml', import.meta.url));
  const { stdout, stderr } = await run(
    'ansible-playbook',
    ['-i', 'localhost,', '-e', `@${variables}`, playbook, ...options],
    home,
  );
  const start = stdout.indexOf('{\n');
  if (start < 0) throw new Error(`ansible-playbook said no JSON: ${stdout}${stderr}`);
  const output = JSON.parse(stdout.slice(start)) as PlayOutput;
  return output.plays
    .flatMap((one) => one.tasks)
    .map(({ task, hosts }) => {
      const result = Object.values(hosts)[0];
      if (result?.failed === true)
        return [task.name, 'failed', ...(expected(task.name) === 'failed' ? [] : [result.msg ?? ''])];
      return [task.name, result?.changed === true ? 'changed' : 'ok'];
    });
}

function run(command: string, args: readonly string[], home: string): Promise<{ stdout: string; stderr: string }> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    LANG: 'C.UTF-8',
    HOME: home,
    SSL_CERT_FILE: join(home, 'ca.pem'),
    F5_TELEMETRY_OFF: '1',
    ANSIBLE_STDOUT_CALLBACK: 'json',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_DEPRECATION_WARNINGS: 'false',
    ANSIBLE_LOCALHOST_WARNING: 'false',
  };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => resolve({ stdout, stderr }));
  });
}
