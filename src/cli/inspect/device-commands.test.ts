import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aFolder } from '../../../test/kit/folders.ts';
import { asYaml, podObject, pointObject, policyObject, secretObject } from '../../../test/kit/objects.ts';
import { startFortigate, type FortigateSimulator } from '../../../adapters/fortigate/simulator/simulator.ts';
import { systemClock } from '../../compose/clock.ts';
import { main } from '../main.ts';
import { ioOf, runPostern } from '../testing/run-postern.ts';

/* `postern drift` and `postern withdraw` against a simulated firewall that `postern run` has programmed. */

let firewall: FortigateSimulator;
const folder = aFolder();
const auditDir = aFolder();

async function postern(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return runPostern(argv, { environment: { cluster: 'blue', auditDir } });
}

const writes = (): number => firewall.requests().filter(({ wrote }) => wrote).length;

beforeAll(async () => {
  firewall = await startFortigate({ port: 0 });
  const point = pointObject('fortigate', { url: firewall.url, carrier: 'objects' });
  const objects = [secretObject(firewall), podObject('web', '10.0.0.1'), point, policyObject()];
  await writeFile(join(folder, 'all.yaml'), asYaml(objects));
  firewall.put('firewall/address', { name: 'office', subnet: '192.0.2.0 255.255.255.0' });
  expect(await postern('run', '--manifests', folder, '--once')).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await firewall.close();
});

it('finds no drift on a device that is as desired, and writes nothing', async () => {
  const before = writes();
  expect(await postern('drift', '-f', folder)).toEqual({ code: 0, out: 'edge (fortigate): as desired\n', err: '' });
  expect(writes()).toBe(before);
});

it('names the object, the field, what is desired and what was found', async () => {
  const [policy] = firewall.rows('firewall/policy');
  firewall.put('firewall/policy', { ...policy, action: 'deny' });
  const before = writes();
  const { code, out } = await postern('drift', '-f', folder);
  expect(code).toBe(2);
  expect(out).toMatch(
    /^edge \(fortigate\): 1 difference\n {2}\S+ \S+ action: "accept" is desired, "deny" was found\n$/,
  );
  expect(writes()).toBe(before);
});

it('names a rule that somebody has switched off', async () => {
  const [policy] = firewall.rows('firewall/policy');
  firewall.put('firewall/policy', { ...policy, action: 'accept', status: 'disable' });
  const { code, out } = await postern('drift', '-f', folder);
  expect([code, out]).toEqual([
    2,
    expect.stringMatching(/^edge \(fortigate\): 1 difference\n {2}firewall\/policy #\d+ is disabled\n$/),
  ]);
  firewall.put('firewall/policy', { ...policy, action: 'accept' });
});

it.each([
  ['the device', ['drift'], 'reading edge'],
  ['the record', ['report'], 'reading the record of edge: '],
])('tells a person at a terminal who waits that it reads %s', async (_, argv, words) => {
  let [told, at] = ['', systemClock.elapsed()];
  // Everything takes seconds.
  const clock = { ...systemClock, elapsed: () => (at += 2_000) };
  const io = ioOf(() => undefined, { environment: { cluster: 'blue', auditDir }, clock });
  const err = { ...io.err, isTerminal: true, write: (text: string) => void (told += text) };
  await main([...argv, '-f', folder], { ...io, err });
  expect(told).toContain(words);
  expect(told.lastIndexOf('\r\u001b[K')).toBeGreaterThan(told.lastIndexOf('reading'));
});

it('says that a device cannot be reached rather than that nothing differs', async () => {
  firewall.fault({ kind: 'error-before', status: 503, times: 50 });
  const { code, out, err } = await postern('drift', '-f', folder, '-o', 'json');
  firewall.clearFaults();
  expect([code, err]).toEqual([1, '']);
  expect(JSON.parse(out)).toMatchObject({ drift: false, points: [], problems: [{ subject: 'EnforcementPoint/edge' }] });
});

it('does not report as in force what the record says of a device that does not answer', async () => {
  const live = async (): Promise<string> => (await postern('report', '-f', folder, '--live', '-o', 'text')).out;
  expect(await live()).toContain('1 rule: 1 in force');
  firewall.fault({ kind: 'error-before', status: 503, times: 50 });
  const unanswered = await live();
  firewall.clearFaults();
  expect(unanswered).toContain('1 rule: 0 in force, 1 not known');
});

it('shows first what would be withdrawn, then withdraws it, and leaves everything else alone', async () => {
  const args = ['withdraw', '-f', folder, '--point', 'edge'];
  const before = writes();
  const shown = await postern(...args);
  expect([shown.code, writes()]).toEqual([2, before]);
  expect(shown.out).toMatch(
    /- firewall\/policy \S+[\s\S]*\d+ to remove\nDry run: nothing was changed\. Add --yes to do it\.\n$/,
  );
  const done = await postern(...args, '--yes');
  expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/Done, and read back\.\n$/) as string });
  expect(firewall.rows('firewall/policy')).toEqual([]);
  expect(firewall.rows('firewall/address').map((row) => row['name'])).toContain('office');
  expect(await postern(...args, '--yes')).toEqual({
    code: 0,
    out: "edge: nothing there has Postern's mark.\n",
    err: '',
  });
});
