import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../../../../test/kit/folders.ts';
import { asYaml, podObject, pointObject, policyObject, secretObject } from '../../../../test/kit/objects.ts';
import { startFortigate, type FortigateSimulator } from '../../../../adapters/fortigate/simulator/simulator.ts';
import { runPostern } from '../../testing/run-postern.ts';

/* `postern verify --live` and `postern why --live` against a simulated firewall that `postern run` has programmed. */

let firewall: FortigateSimulator;
const folder = aFolder();

async function postern(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return runPostern(argv, { environment: { cluster: 'blue', auditDir: join(folder, 'audit') } });
}

beforeAll(async () => {
  firewall = await startFortigate({ port: 0 });
  const objects = [
    secretObject(firewall),
    podObject('web', '10.0.0.1'),
    podObject('job', '10.0.0.2'),
    pointObject('fortigate', { url: firewall.url, carrier: 'objects' }),
    policyObject({ podSelector: { matchLabels: { app: 'web' } } }),
  ];
  await writeFile(join(folder, 'all.yaml'), asYaml(objects));
  expect(await postern('run', '--manifests', folder, '--once')).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await firewall.close();
});

const writes = (): number => firewall.requests().filter(({ wrote }) => wrote).length;

interface Found {
  readonly consistent: boolean;
  readonly perimeterOnly: readonly { readonly workload: string; readonly destination: string; readonly rule: string }[];
}

it('agrees with a device that is as desired, and writes nothing', async () => {
  const before = writes();
  const { code, out } = await postern('verify', '--live', '-f', folder, '-o', 'json');
  expect([code, JSON.parse(out), writes()]).toMatchObject([0, { consistent: true, meshOnly: [] }, before]);
});

describe('with policies of others around ours', () => {
  interface Verified {
    readonly consistent: boolean;
    readonly meshOnly: readonly Difference[];
    readonly perimeterOnly: readonly Difference[];
    readonly unknown: readonly Difference[];
  }
  interface Difference {
    readonly workload: string;
    readonly rule: string;
    readonly reason: string;
  }
  const everything = {
    ...{ status: 'enable', srcintf: [{ name: 'any' }], dstintf: [{ name: 'any' }], schedule: 'always' },
    ...{ srcaddr: [{ name: 'all' }], dstaddr: [{ name: 'all' }], service: [{ name: 'ALL' }], action: 'accept' },
  };

  async function withForeign(
    policy: Readonly<Record<string, unknown>>,
    place: 'before' | 'after',
  ): Promise<{ verified: Verified; code: number; why: string }> {
    const ours = firewall.rows('firewall/policy').map(({ policyid }) => Number(policyid));
    firewall.put('firewall/policy', { policyid: 9_000, name: 'theirs', ...everything, ...policy });
    const beside = String(place === 'before' ? ours[0] : ours.at(-1));
    firewall.move(9_000, place === 'before' ? { before: beside } : { after: beside });
    try {
      const { code, out } = await postern('verify', '--live', '-f', folder, '-o', 'json');
      const why = await postern('why', 'shop/job', '198.51.100.7:25', '--live', '-f', folder);
      return { code, verified: JSON.parse(out) as Verified, why: why.out };
    } finally {
      firewall.remove('firewall/policy', '9000');
    }
  }

  it('tells that everybody gets out by one above ours, and names it', async () => {
    const { code, verified, why } = await withForeign({}, 'before');
    expect([code, verified.consistent]).toEqual([3, false]);
    const [found] = verified.perimeterOnly.filter(({ workload }) => workload === 'Pod/job');
    expect(found?.rule).toBe('theirs');
    expect(found?.reason).toContain('shadowed by a foreign rule');
    expect(why).toMatch(/gets out although .* through edge \(theirs\)/);
  });

  it('tells that it lets out what ours leave open, from behind them', async () => {
    const { code, verified } = await withForeign({}, 'after');
    expect([code, verified.consistent]).toEqual([3, false]);
    expect(verified.perimeterOnly[0]?.rule).toBe('theirs');
    expect(verified.perimeterOnly[0]?.reason).toContain('left to a foreign rule behind ours');
  });

  it('tells that it stops what ours accept', async () => {
    const { code, verified } = await withForeign({ action: 'deny' }, 'before');
    expect(code).toBe(3);
    expect(verified.meshOnly).toMatchObject([{ rule: 'theirs', workload: 'Pod/web' }]);
    expect(verified.meshOnly[0]?.reason).toContain('shadowed by a foreign rule');
  });

  it('is at peace with those that are about others, or stand behind what they cannot change', async () => {
    firewall.put('firewall/address', { name: 'office', type: 'ipmask', subnet: '192.168.0.0 255.255.0.0' });
    firewall.put('firewall/address', { name: 'desk', type: 'iprange', 'start-ip': '10.1.0.1', 'end-ip': '10.1.0.9' });
    firewall.put('firewall/addrgrp', { name: 'staff', member: [{ name: 'office' }, { name: 'desk' }] });
    const { code, verified } = await withForeign({ srcaddr: [{ name: 'staff' }] }, 'before');
    expect([code, verified.consistent, verified.unknown]).toEqual([0, true, []]);
    expect(await withForeign({ action: 'deny' }, 'after')).toMatchObject({ code: 0 });
    expect(await withForeign({ status: 'disable' }, 'before')).toMatchObject({ code: 0 });
  });

  it('says of which it cannot tell what it matches', async () => {
    firewall.put('firewall/address', { name: 'abroad', type: 'geography', country: 'AQ' });
    const { code, verified, why } = await withForeign({ dstaddr: [{ name: 'abroad' }] }, 'before');
    expect([code, verified.perimeterOnly]).toEqual([4, []]);
    expect(verified.unknown.map(({ rule }) => rule)).toEqual(['theirs']);
    expect(verified.unknown[0]?.reason).toContain('address abroad of type geography');
    expect(why).toMatch(/whether it gets out is unknown: theirs is a foreign rule .*abroad/);
  });
});

it('finds the flows that somebody has opened on the device by hand, and the rule', async () => {
  const [policy] = firewall.rows('firewall/policy');
  firewall.put('firewall/policy', { ...policy, dstaddr: [{ name: 'all' }], dstaddr6: [{ name: 'all' }] });
  const { code, out } = await postern('verify', '--live', '-f', folder, '-o', 'json');
  const { consistent, perimeterOnly } = JSON.parse(out) as Found;
  expect([code, consistent]).toEqual([3, false]);
  expect(perimeterOnly).toMatchObject([{ workload: 'Pod/web', rule: policy?.['name'] }]);
  const flow = ['shop/web', `${perimeterOnly[0]?.destination}:443`];
  const why = await postern('why', ...flow, '--live', '-f', folder);
  expect(why.out).toMatch(/gets out although no policy permits it: .*: run `postern verify` and close it\.\n$/);
  firewall.put('firewall/policy', { ...policy });
});

it('says of an address that the group lacks that it is not there yet', async () => {
  const [group] = firewall.rows('firewall/addrgrp');
  const others = firewall.rows('firewall/address').filter(({ name }) => !JSON.stringify(name).includes('10.0.0.1'));
  firewall.put('firewall/addrgrp', {
    ...group,
    member: others.slice(0, 1).map(({ name }) => ({ name: name ?? null })),
  });
  const { out } = await postern('why', 'shop/web', '203.0.113.7:443', '--live', '-f', folder);
  expect(out).toMatch(
    /shop\/web to 203\.0\.113\.7:443\/TCP is blocked at edge because rule \S+ matches it for pods app=web in namespace shop, but 10\.0\.0\.1 is not in its group; if the pod has just started/,
  );
});

it('says of what the intent permits anew that it waits for a change window of the point', async () => {
  const intent = await readFile(join(folder, 'all.yaml'), 'utf8');
  const windows = '  changeWindows: [{ days: [Sat], from: "22:00", to: "23:00", timeZone: UTC }]';
  const later = join(folder, 'later.yml.txt');
  const changed = intent.replace('  mode: Enforce', `  mode: Enforce\n${windows}`);
  await writeFile(later, changed.replace('- 203.0.113.0/24', '- 203.0.113.0/24\n        - 198.51.100.0/24'));
  const { out } = await postern('why', 'shop/web', '198.51.100.7:443', '--live', '-f', later);
  expect(out).toMatch(/is blocked at edge .* waits for a change window of the point \(Sat 22:00-23:00 UTC\)\.\n$/);
});

it('says of a rule that somebody has switched off that it is not in force, and blames no other for it', async () => {
  const [policy] = firewall.rows('firewall/policy');
  firewall.put('firewall/policy', { ...policy, status: 'disable' });
  const { out } = await postern('why', 'shop/web', '203.0.113.7:443', '--live', '-f', folder);
  expect(out).toMatch(
    /is blocked at edge because the rule that should accept it for pods app=web in namespace shop is not in force there; see `postern drift`: it is missing, or switched off/,
  );
  firewall.put('firewall/policy', { ...policy });
});
