import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startAzureFirewall } from '../../adapters/azure-firewall/simulator/simulator.ts';
import { startF5Afm } from '../../adapters/f5-afm/simulator/simulator.ts';
import { startFortigate } from '../../adapters/fortigate/simulator/simulator.ts';
import { startGcpFirewall } from '../../adapters/gcp-firewall/simulator/simulator.ts';
import { startPanos } from '../../adapters/panos/simulator/simulator.ts';
import type { Simulator } from '../../kit/simulator/simulator.ts';
import { skipped } from '../kit/skipped.ts';

/*
 * Public clients judge the simulators: each drives one through a whole life cycle, over TLS that it checks, as it drives a
 * device. What they need is in clients/requirements.txt.
 */

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const python = process.env['POSTERN_CLIENTS'] ?? join(cache, 'postern-ci', 'clients', 'bin', 'python');
const why = `there is no Python with test/judges/clients/requirements.txt at ${python} (POSTERN_CLIENTS says where)`;
const available = existsSync(python) || skipped(`The public clients cannot judge the simulators: ${why}.`);

/** What a client prints as it goes, and fails at the first thing that it does not understand. */
async function life(client: string, sim: Simulator, secrets: readonly string[]): Promise<readonly string[]> {
  const home = await mkdtemp(join(tmpdir(), 'client-'));
  await writeFile(join(home, 'ca.pem'), sim.ca);
  const { hostname, port } = new URL(sim.url);
  const script = fileURLToPath(new URL(`./clients/${client}_life.py`, import.meta.url));
  try {
    const env = { HOME: home, LANG: 'C.UTF-8', REQUESTS_CA_BUNDLE: join(home, 'ca.pem') };
    return await run(['-W', 'ignore', script, hostname, port, ...secrets], env);
  } finally {
    await rm(home, { recursive: true, force: true });
    await sim.close();
  }
}

function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(stdout.trim().split('\n')) : reject(new Error(stdout + stderr))));
  });
}

describe.runIf(available)('public clients', { timeout: 180_000 }, () => {
  it.each([
    [
      'fortigate_api',
      ['200', "['10.0.0.1 255.255.255.255']", '200', "['pod']", 'True False', '200', '200', '200', '200'],
      ["['second', 'out']", '500', '200', '200', '200 200'],
    ],
    [
      'fortiosapi',
      ['200 success', '200 success', 'changed', '500 error -5', 'name', 'policyid', 'v7.6.5', 'success'],
      ['200 success', '404 error -3'],
    ],
    ['fortilib', ["['changed']"], ["['out']", '[]']],
    [
      'hfortix',
      ['success', '10.0.0.1 255.255.255.255', 'success', 'success', 'success', 'success', 'success'],
      ['success', 'success'],
    ],
  ])('%s drives a FortiGate', async (client, first, rest) => {
    const sim = await startFortigate({ port: 0, version: '7.6' });
    const told = await life(client, sim, [sim.credentials['token'] ?? '']);
    expect(told.map((line) => line.trim())).toEqual([...first, ...rest]);
    expect(sim.dump()).toEqual({ root: { feeds: {} } });
  });

  it.each([
    ['bigrest', ['apps', '/apps/pods True False', 'changed', "[{'name': '10.0.0.2'}]", "['pods']", 'True', 'False']],
    ['f5_sdk', ['/apps/pods True', "['10.0.0.2']", "accept ['out']", 'drop', '[]']],
  ])('%s drives a BIG-IP', async (client, told) => {
    const sim = await startF5Afm({ port: 0 });
    const before = sim.dump();
    const { username = '', password = '' } = sim.credentials;
    expect(await life(client, sim, [username, password])).toEqual(told);
    expect(sim.dump()).toEqual(before);
  });

  it('pan-os-python drives a PAN-OS firewall', async () => {
    const sim = await startPanos({ port: 0, commitMs: 1_500 });
    const before = sim.dump();
    const { username = '', password = '' } = sim.credentials;
    expect(await life('pan_os_python', sim, [username, password])).toEqual([
      '11.2.3 PA-VM False disabled',
      "[('everywhere', '0.0.0.0/0'), ('pod', '10.0.0.1')]",
      "'pods'",
      "['first', 'second']",
      "['second', 'first']",
      'True OK',
      '0',
      "{'10.0.0.1': ['pods'], '10.0.0.2': ['pods']}",
      "{'10.0.0.2': ['pods'], '10.0.0.3': ['pods']}",
      '1200 addresses',
      'PanObjectError or refused: pod cannot be deleted because of references from:',
      'None',
      'True OK',
    ]);
    expect(sim.dump()).toEqual(before);
  });

  it('azure_mgmt_network drives a firewall policy', async () => {
    const sim = await startAzureFirewall({ port: 0, operationMs: 2_500 });
    const { subscriptionId = '', resourceGroup = '', policy = '' } = sim.config ?? {};
    const names = [subscriptionId, resourceGroup, policy, 'edge-firewall'].map(String);
    const before = sim.dump();
    expect(await life('azure_mgmt_network', sim, [sim.credentials['token'] ?? '', ...names])).toEqual([
      "an IP group ProvisioningState.SUCCEEDED ['10.0.0.1', '10.1.0.0/16'] {'team': 'a & b'}",
      'IPv6 400 InvalidIpAddressInIpGroup',
      "tags {'team': 'b'}",
      "rules ProvisioningState.SUCCEEDED ['NetworkRule', 'ApplicationRule']",
      'a group that is not there 400 InvalidResourceReference',
      'a wildcard among network rules 400 FirewallPolicyRuleInvalidAddress',
      'who uses it 1 1',
      'delete it in use 400 InUseIpGroupCannotBeDeleted',
      'meanwhile ProvisioningState.UPDATING 409 FirewallPolicyUpdateNotAllowedWhenUpdatingOrDeleting',
      'two at once taken 200 IpGroupsUpdateFailed',
      'the firewall ProvisioningState.FAILED',
      'put again ProvisioningState.SUCCEEDED',
      "a selector {'app': 'a'}",
      "selectors ['app-a']",
      "collection groups ['pods']",
      'left [] []',
      'not there 404 ResourceNotFound',
    ]);
    expect(sim.dump()).toEqual(before);
  });

  it('google_api_python_client drives a firewall policy and address groups', async () => {
    // A change of the policy takes four requests.
    const sim = await startGcpFirewall({ port: 0, operationMs: 400, now: (requests) => requests * 100 });
    const before = sim.dump();
    const file = sim.credentials['credentials.json'] ?? '';
    expect(await life('google_api_python_client', sim, [file, 'edge-project', 'edge-policy', 'edge-network'])).toEqual([
      "a policy compute#firewallPolicy 6 ['edge-network']",
      'a group done',
      'more of it done',
      'too much 400 INVALID_ARGUMENT',
      'another capacity 400 INVALID_ARGUMENT',
      "less of it done ['203.0.113.0/24', '198.51.100.0/24']",
      'a rule done [10]',
      'the next done [10, 11]',
      'a place that is taken 400 invalid',
      'no place 400 invalid',
      'a rule that is not there 400 invalid',
      'a wildcard 400 invalid',
      'two families 400 invalid',
      'a group as a source 400 invalid',
      'no such group 400 invalid',
      'delete it in use 400 FAILED_PRECONDITION',
      'who uses it [10]',
      'meanwhile 400 resourceNotReady 8',
      'all rules done [9, 10]',
      'an old fingerprint 412 conditionNotMet',
      'without the default rules 400 invalid',
      'one rule done True',
      "in force [('NETWORK', 8)]",
      'gone done [] {}',
      'not there 404 NOT_FOUND',
      "another policy done ['edge-policy', 'other']",
      'gone done',
      'in use 400 resourceInUseByAnotherResource',
    ]);
    expect(sim.dump()).toEqual(before);
  });
});
