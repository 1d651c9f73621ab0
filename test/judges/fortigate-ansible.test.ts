import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFortigate, type FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';

/*
 * The vendor's own client judges the simulator: what fortinet.fortios is content with, and in the ways in which it is,
 * is not something we made up for our adapter.
 */

const found = spawnSync('ansible-doc', ['-l', 'fortinet.fortios'], { encoding: 'utf8', timeout: 180_000 });
const available = found.status === 0 && found.stdout.includes('fortios_firewall_policy');
if (!available) {
  const why = 'ansible with the collection fortinet.fortios is not installed';
  if (process.env['CI'] === 'true') throw new Error(`The Ansible judge of the FortiGate simulator cannot run: ${why}.`);
  console.warn(`SKIPPED: the Ansible judge of the FortiGate simulator: ${why}.`);
}

describe.runIf(available)('the fortinet.fortios collection', { timeout: 180_000 }, () => {
  let sim: FortigateSimulator;
  let home: string;
  beforeAll(async () => {
    // This collection sends its token in the URL, which a device accepts only when told to.
    sim = await startFortigate({ port: 0, restApiKeyUrlQuery: true });
    home = await mkdtemp(join(tmpdir(), 'judge-'));
    await writeFile(join(home, 'ca.pem'), sim.ca);
  });
  afterAll(async () => {
    await sim.close();
    await rm(home, { recursive: true, force: true });
  });

  it('creates, repeats, changes and deletes, and reads each answer as we mean it', async () => {
    expect(await play(sim, home)).toEqual([
      ['create address', 'changed'],
      ['repeat address', 'ok'],
      ['create group', 'changed'],
      ['repeat group', 'ok'],
      ['create service', 'changed'],
      ['repeat service', 'ok'],
      ['create policy', 'changed'],
      ['repeat policy', 'ok'],
      ['change address', 'changed'],
      ['change policy', 'changed'],
      ['delete what is in use', 'failed'],
      ['delete policy', 'changed'],
      ['delete service', 'changed'],
      ['delete group', 'changed'],
      ['delete address', 'changed'],
      ['delete address again', 'ok'],
    ]);
    expect(sim.dump()).toEqual({ root: { feeds: {} } });
  });

  it('leaves a policy behind that lets through what it says', async () => {
    await play(sim, home, '--skip-tags', 'removal');
    const flow = { src: '10.0.0.2', dst: '192.0.2.1', port: 8445, protocol: 'TCP' } as const;
    expect(sim.verdict(flow)).toEqual({ action: 'Accept', rule: 'pods-to-anywhere' });
    expect(sim.verdict({ ...flow, src: '10.0.0.1' })).toEqual({ action: 'Deny', rule: 'implicit' });
    expect(sim.requests().filter(({ path }) => path.includes(sim.credentials['token'] ?? ''))).toEqual([]);
  });
});

interface PlayOutput {
  readonly plays: readonly {
    readonly tasks: readonly {
      readonly task: { readonly name: string };
      readonly hosts: Readonly<Record<string, { readonly changed?: boolean; readonly failed?: boolean }>>;
    }[];
  }[];
}

/** Name and result of every task. */
async function play(
  sim: FortigateSimulator,
  home: string,
  ...options: string[]
): Promise<readonly (readonly string[])[]> {
  const { hostname, port } = new URL(sim.url);
  const inventory = join(home, 'inventory.ini');
  const settings = {
    ansible_host: hostname,
    ansible_network_os: 'fortinet.fortios.fortios',
    ansible_httpapi_port: port,
    ansible_httpapi_use_ssl: 'true',
    ansible_httpapi_validate_certs: 'true',
    token: sim.credentials['token'] ?? '',
  };
  const line = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  await writeFile(inventory, `[fortigate]\ngate ${line.join(' ')}\n`);
  const playbook = fileURLToPath(new URL('./fortigate.playbook.yml', import.meta.url));
  const { stdout, stderr } = await run('ansible-playbook', ['-i', inventory, playbook, ...options], home);
  const start = stdout.indexOf('{\n');
  if (start < 0) throw new Error(`ansible-playbook said no JSON: ${stdout}${stderr}`);
  const output = JSON.parse(stdout.slice(start)) as PlayOutput;
  const tasks = output.plays.flatMap((one) => one.tasks).filter(({ hosts }) => Object.keys(hosts).length > 0);
  return tasks.map(({ task, hosts }) => {
    const result = Object.values(hosts)[0];
    return [task.name, result?.failed === true ? 'failed' : result?.changed === true ? 'changed' : 'ok'];
  });
}

function run(command: string, args: readonly string[], home: string): Promise<{ stdout: string; stderr: string }> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    LANG: 'C.UTF-8',
    HOME: home,
    SSL_CERT_FILE: join(home, 'ca.pem'),
    ANSIBLE_STDOUT_CALLBACK: 'json',
    ANSIBLE_HOST_KEY_CHECKING: 'false',
    ANSIBLE_NOCOLOR: '1',
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
