import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import { startF5Afm, type F5AfmSimulator } from '../../adapters/f5-afm/simulator/simulator.ts';
import { hasCollection, play, type Task } from './ansible.ts';

/*
 * The vendor's own client judges the simulator: what f5networks.f5_modules is content with, and in the ways in which it
 * is, is not something we made up for our adapter.
 */

const available = hasCollection('f5networks.f5_modules', 'bigip_firewall_policy', 'F5');

describe.runIf(available)('the f5networks.f5_modules collection', { timeout: 240_000 }, () => {
  let sim: F5AfmSimulator;
  const home = aFolder();
  beforeAll(async () => {
    sim = await startF5Afm({ port: 0 });
    await writeFile(join(home, 'ca.pem'), sim.ca);
  });
  afterAll(async () => {
    await sim.close();
  });

  it('creates, repeats and changes, and leaves a policy behind that lets through what it says', async () => {
    const results = await playOn(sim, home, '--skip-tags', 'removal');
    expect(results.filter(({ name, result }) => result !== expected(name))).toEqual([]);
    expect(results.filter(({ name }) => name.startsWith('repeat'))).toHaveLength(11);
    sim.administer('PATCH', '/mgmt/tm/ltm/virtual/egress', { fwEnforcedPolicy: '/Judged/egress' });
    const flow = { src: '10.0.0.3', dst: '192.0.2.1', port: 8080, protocol: 'TCP' } as const;
    expect(sim.verdict(flow)).toEqual({ action: 'Accept', rule: 'web' });
    expect(sim.verdict({ ...flow, src: '10.0.0.1' })).toEqual({ action: 'Deny', rule: 'implicit' });
    expect(sim.verdict({ ...flow, port: 8443 })).toEqual({ action: 'Deny', rule: 'implicit' });
  });

  it('takes everything away again, and its password is nowhere in the log', async () => {
    sim.administer('PATCH', '/mgmt/tm/ltm/virtual/egress', { fwEnforcedPolicy: 'none' });
    const results = await playOn(sim, home, '--tags', 'removal');
    expect(results.filter(({ name, result }) => result !== expected(name))).toEqual([]);
    expect(results).toHaveLength(10);
    expect(sim.dump()).toEqual({});
    const password = sim.credentials['password'] ?? '';
    expect(sim.requests().filter(({ body }) => body.includes(password))).toEqual([]);
  });
});

/** What each task should come to, by its name. */
function expected(name: string): string {
  if (name === 'delete what is in use') return 'failed';
  return name.startsWith('repeat') || name.endsWith('again') ? 'ok' : 'changed';
}

async function playOn(sim: F5AfmSimulator, home: string, ...options: string[]): Promise<readonly Task[]> {
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
  return play(home, 'f5-afm.playbook.yml', ['-i', 'localhost,', '-e', `@${variables}`, ...options]);
}
