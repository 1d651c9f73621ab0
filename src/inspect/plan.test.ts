import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../../test/kit/folders.ts';
import { asYaml, pointObject, policyObject, secretObject } from '../../test/kit/objects.ts';
import { startF5Afm, type F5AfmSimulator } from '../../adapters/f5-afm/simulator/simulator.ts';
import { runPostern } from '../cli/testing/run-postern.ts';

/* `postern plan --live` at a BIG-IP, which can be asked what it would say. */

let device: F5AfmSimulator;
const folder = aFolder();

async function plan(...flags: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return runPostern(['plan', '-f', folder, ...flags], { environment: { cluster: 'blue', auditDir: folder } });
}

const problemsIn = ({ out }: { readonly out: string }): readonly Record<string, string>[] =>
  (JSON.parse(out) as { readonly problems: readonly Record<string, string>[] }).problems;
const rehearsals = (): number =>
  device.requests().filter(({ method, body }) => method === 'PATCH' && body.includes('validateOnly')).length;

beforeAll(async () => {
  device = await startF5Afm({ port: 0 });
  device.administer('POST', '/mgmt/tm/auth/partition', { name: 'postern' });
  const objects = [secretObject(device), pointObject('f5-afm', { url: device.url }), policyObject()];
  await writeFile(join(folder, 'all.yaml'), asYaml(objects));
});

afterAll(async () => {
  await device.close();
});

describe('postern plan --live', () => {
  let before: unknown;
  beforeAll(() => (before = device.dump()));
  afterEach(() => {
    // Whatever the device said: nothing was written, and no transaction was left behind.
    expect(device.dump()).toEqual(before);
    expect(device.requests().filter(({ wrote }) => wrote)).toEqual([]);
    const count = (what: RegExp): number =>
      device.requests().filter(({ method, path, status }) => status === 200 && what.test(`${method} ${path}`)).length;
    expect(count(/^DELETE \/mgmt\/tm\/transaction\//)).toBe(count(/^POST \/mgmt\/tm\/transaction$/));
  });

  it('asks a device that can be asked, and has nothing to add when that agrees', async () => {
    const answer = await plan('--live', '-o', 'json');
    expect([answer.code, problemsIn(answer).filter(({ severity }) => severity === 'error')]).toEqual([2, []]);
    expect(rehearsals()).toBe(1);
  });

  it('asks nobody without --live', async () => {
    const asked = device.requests().length;
    expect((await plan()).code).toBe(2);
    expect(device.requests()).toHaveLength(asked);
  });

  it("tells the device's own objections, as problems and in text, and ends with an error", async () => {
    device.refuse('pn-blue-rules');
    const answer = await plan('--live', '-o', 'json');
    const { code, out, err } = await plan('--live');
    device.reset();
    device.administer('POST', '/mgmt/tm/auth/partition', { name: 'postern' });
    expect(answer.code).toBe(1);
    const [problem] = problemsIn(answer).filter(({ severity }) => severity === 'error');
    expect(problem).toMatchObject({ subject: 'EnforcementPoint/edge', field: '', code: 'refused-beforehand' });
    expect(problem?.['message']).toMatch(/^asked beforehand, the device refuses these changes; .*01070734:3/);
    expect(out).toContain('+ security/firewall/rule-list/rules');
    expect([code, err]).toEqual([1, expect.stringContaining('error: EnforcementPoint/edge: asked beforehand, ')]);
  });

  it('says so when the device has no time for the question', async () => {
    device.fault({ kind: 'error-before', status: 503, match: 'POST /mgmt/tm/transaction' });
    const answer = await plan('--live', '-o', 'json');
    device.clearFaults();
    expect(answer.code).toBe(2);
    const [problem] = problemsIn(answer).filter(({ severity }) => severity === 'warning');
    expect(problem?.['code']).toBe('not-rehearsed');
    expect(problem?.['message']).toMatch(/^the device could not be asked .*: POST \/mgmt\/tm\/transaction: /);
  });
});
