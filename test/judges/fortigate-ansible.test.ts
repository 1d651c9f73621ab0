import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import { startFortigate, type FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';
import { hasCollection, play, type Task } from './ansible.ts';

/*
 * The vendor's own client judges the simulator: what fortinet.fortios is content with, and in the ways in which it is,
 * is not something we made up for our adapter.
 */

const available = hasCollection('fortinet.fortios', 'fortios_firewall_policy', 'FortiGate');

describe.runIf(available)('the fortinet.fortios collection', { timeout: 180_000 }, () => {
  let sim: FortigateSimulator;
  const home = aFolder();
  beforeAll(async () => {
    // This collection sends its token in the URL, which a device accepts only when told to.
    sim = await startFortigate({ port: 0, restApiKeyUrlQuery: true });
    await writeFile(join(home, 'ca.pem'), sim.ca);
  });
  afterAll(async () => {
    await sim.close();
  });

  it('creates, repeats, changes and deletes, and reads each answer as we mean it', async () => {
    const results = await playOn(sim, home);
    expect(results.map(({ name, result }) => [name, result])).toEqual([
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
    await playOn(sim, home, '--skip-tags', 'removal');
    const flow = { src: '10.0.0.2', dst: '192.0.2.1', port: 8445, protocol: 'TCP' } as const;
    expect(sim.verdict(flow)).toEqual({ action: 'Accept', rule: 'pods-to-anywhere' });
    expect(sim.verdict({ ...flow, src: '10.0.0.1' })).toEqual({ action: 'Deny', rule: 'implicit' });
    expect(sim.requests().filter(({ path }) => path.includes(sim.credentials['token'] ?? ''))).toEqual([]);
  });
});

async function playOn(sim: FortigateSimulator, home: string, ...options: string[]): Promise<readonly Task[]> {
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
  return play(home, 'fortigate.playbook.yml', ['-i', inventory, ...options]);
}
