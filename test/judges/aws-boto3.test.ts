import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import { startAwsNetworkFirewall, type AwsSimulator } from '../../adapters/aws-network-firewall/simulator/simulator.ts';
import { hasBoto3, python } from './python.ts';

/*
 * AWS's own client for Python judges the simulator: what it signs, sends and reads is not something we made up for our
 * adapter. It checks requests and answers by the service models itself.
 */

const script = fileURLToPath(new URL('aws-boto3.py', import.meta.url));

describe.runIf(hasBoto3('the AWS simulator'))('boto3', { timeout: 180_000 }, () => {
  let sim: AwsSimulator;
  const home = aFolder();
  beforeAll(async () => {
    sim = await startAwsNetworkFirewall({ port: 0 });
    await writeFile(join(home, 'ca.pem'), sim.ca);
  });
  afterAll(async () => {
    await sim.close();
  });

  async function steps(more: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const { accessKeyId = '', secretAccessKey = '' } = sim.credentials;
    const asked = {
      ENDPOINT: sim.url,
      REGION: sim.region,
      CA: join(home, 'ca.pem'),
      KEY_ID: accessKeyId,
      KEY: secretAccessKey,
    };
    const { stdout } = await promisify(execFile)(python, [script], { env: { ...process.env, ...asked, ...more } });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  }

  it('creates, changes and deletes, and reads each answer and each refusal as we mean it', async () => {
    expect(await steps()).toEqual([
      ['create a list', 'create-in-progress'],
      ['a stale version', 'PrefixListVersionMismatch'],
      ['size and entries at once', 'InvalidParameterCombination'],
      ['add an entry', ['modify-in-progress', 1]],
      ['one too many', 'PrefixListMaxEntriesExceeded'],
      ['another family', 'InvalidParameterValue'],
      ['read the list', ['modify-complete', 2, 2, [{ Key: 'team', Value: 'a & b' }]]],
      ['read its entries', ['10.0.0.1/32', '10.0.0.2/32']],
      ['a dry run', 'ACTIVE'],
      ['rules that are none', 'InvalidRequestException'],
      ['create a group', 'ACTIVE'],
      ['its name again', 'InvalidRequestException'],
      ['a stale token', 'InvalidTokenException'],
      ['update the group', 'ACTIVE'],
      ['attach it', 1],
      ['a list in use', 'DependencyViolation'],
      ['a group in use', 'InvalidOperationException'],
      ['zones', ['IN_SYNC', ['eu-west-1a', 'eu-west-1b']]],
      ['flush', 'COMPLETED'],
      ['detach it', 0],
      ['delete the group', 'DELETING'],
      ['groups left', []],
      ['delete the list', 'delete-in-progress'],
      ['the list is gone', 'InvalidPrefixListID.NotFound'],
    ]);
    expect(sim.state.lists.size + sim.state.groups.size).toBe(0);
  });

  it('leaves rules behind that let through what they say', async () => {
    await steps({ LEAVE: 'true' });
    const flow = { src: '10.0.0.2', dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;
    expect(sim.verdict(flow)).toEqual({ action: 'Accept', rule: '1' });
    expect(sim.verdict({ ...flow, src: '10.0.0.3' }).action).toBe('Deny');
    expect(sim.verdict({ ...flow, port: 80 }).action).toBe('Deny');
  });
});
