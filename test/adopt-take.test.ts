import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from './kit/folders.ts';
import { asYaml } from './kit/objects.ts';
import type { Clock } from '../src/adapter/adapter.ts';
import { runPostern } from '../src/cli/testing/run-postern.ts';
import { clusterObjects, f5Rig, flows, fortigateRig, rules, type Rule, type RulebaseRig } from './kit/rulebases.ts';

/*
 * Rules of others are switched off only where no flow meets another verdict for it: held against the firewall's own verdict after
 * every single request, wherever the command breaks off.
 */

/** Of pods, and of who has no pod: an address beside theirs, an office, a laboratory. */
const everyFlow = [
  ...flows,
  ...['10.7.0.200', '192.168.7.7', '198.18.0.9'].flatMap((src) =>
    [443, 80].map((port) => ({ src, dst: '203.0.113.5', port, protocol: 'TCP' as const })),
  ),
];

/** Of rules about every protocol nothing can be proved: there are fewer of them here. */
const rulebases = rules.map((all) =>
  all.map((rule, at): Rule => (rule.service === 'any' && at > 0 ? { ...rule, service: 'tcp-443' } : rule)),
);

interface Taken {
  readonly take: readonly string[];
  readonly taken: readonly string[];
  readonly stay: readonly { readonly rule: string; readonly reason: string }[];
  readonly error?: string;
}

/** Waits, but not for long. */
const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms) => setTimeout(Math.min(ms, 5)),
};

describe.each([
  ['fortigate', fortigateRig, ['top', 'bottom']],
  ['f5-afm', f5Rig, ['first', 'last']],
] as const)('the rulebase of a %s', (kind, start, anchors) => {
  let rig: RulebaseRig;
  const folder = aFolder();
  let expected: string | undefined;
  const changed: string[] = [];
  beforeAll(async () => {
    rig = await start();
    rig.device.onRequest(({ method, path }) => {
      if (expected !== undefined && verdicts() !== expected) changed.push(`${method} ${path}`);
    });
  });
  afterEach(() => {
    expected = undefined;
  });
  afterAll(async () => {
    await rig.device.close();
  });

  function verdicts(): string {
    return everyFlow.map((flow) => (rig.device.verdict(flow).action === 'Accept' ? 'A' : '.')).join('');
  }

  function run(...argv: readonly string[]) {
    const environment = { cluster: 'east', auditDir: join(folder, 'audit') };
    return runPostern(argv, { environment, clock });
  }

  function take(...argv: readonly string[]) {
    return run('adopt', '--point', 'edge', '-f', join(folder, 'all.yaml'), '--take', ...argv);
  }

  async function write(objects: readonly object[]): Promise<void> {
    await writeFile(join(folder, 'all.yaml'), asYaml(objects));
  }

  /** The rulebase as policies of ours, in force beside it. */
  async function adopt(all: readonly Rule[], anchor: string, clusterNetworks: readonly string[]): Promise<boolean> {
    rig.device.clearFaults();
    expected = undefined;
    rig.write(all);
    const config = { ...rig.config, anchor };
    const objects = clusterObjects({ ...rig, config }, 'Enforce', clusterNetworks);
    await write(objects);
    const { out } = await run('adopt', '--point', 'edge', '-f', join(folder, 'all.yaml'), '-o', 'json');
    const { objects: adopted } = JSON.parse(out) as { objects: readonly object[] };
    if (adopted.length === 0) return false;
    await write([...objects, ...adopted]);
    const { code, err, out: told } = await run('run', '--manifests', folder, '--once');
    if (code === 1) throw new Error(told + err);
    return true;
  }

  it('loses rules while no flow meets another verdict, wherever it breaks off', async () => {
    const seen = { taken: 0, stayed: 0, broken: 0 };
    await fc.assert(
      fc.asyncProperty(
        rulebases,
        fc.constantFrom(...anchors),
        fc.constantFrom([], ['10.7.0.0/16']),
        fc.nat(60),
        async (all, anchor, networks, after) => {
          if (!(await adopt(all, anchor, networks))) return;
          expected = verdicts();
          const planned = JSON.parse((await take('-o', 'json')).out) as Taken;
          rig.device.fault({ kind: after % 2 === 0 ? 'reset-before' : 'reset-after', after, times: 1_000_000 });
          const first = await take('--yes', '-o', 'json');
          rig.device.clearFaults();
          if (first.out === '' || first.out.includes('"error"')) seen.broken += 1;
          const { out, err } = await take('--yes', '-o', 'json');
          if (out === '') throw new Error(err);
          const { stay, error } = JSON.parse(out) as Taken;
          expect([error, changed]).toEqual([undefined, []]);
          const again = JSON.parse((await take('-o', 'json')).out) as Taken;
          expect([again.take, again.stay.map(({ rule }) => rule).sort()]).toEqual([
            [],
            stay.map(({ rule }) => rule).sort(),
          ]);
          seen.stayed += stay.length;
          seen.taken += planned.take.length;
        },
      ),
      { seed: 7, numRuns: 10, endOnFailure: true },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
  });

  const plain = { from: ['10.7.0.0/24'], to: '203.0.113.0/24', service: 'tcp-443', odd: 'none' } as const;

  it('shows first what would be switched off, and is on the audit record', async () => {
    await adopt([{ ...plain, action: 'accept' }], anchors[0], ['10.7.0.0/16']);
    const [rule] = (JSON.parse((await take('-o', 'json')).out) as Taken).take;
    const before = rig.device.dump();
    const dry = await take();
    expect([dry.code, dry.out]).toEqual([2, expect.stringContaining(`not needed ${rule}`)]);
    expect(rig.device.dump()).toEqual(before);
    // The answer is lost: what became of it is found by the next reading.
    rig.device.fault({ kind: 'reset-after', match: '^(PUT|PATCH)', times: 9 });
    const broken = await take('--yes');
    expect([broken.code, broken.out]).toEqual([1, expect.stringContaining('run this again')]);
    rig.device.clearFaults();
    const last = await take('--yes');
    expect([last.code, last.out]).toEqual([0, expect.stringContaining('No rule of others')]);
    const { out } = await run('audit', 'tail', '--point', 'edge', '--audit-dir', join(folder, 'audit'), '-o', 'json');
    expect(out).toContain('"reason":"adopted"'.replace(':', out.includes('": ') ? ': ' : ':'));
    expect(out).toContain('found-done');
  });

  it('takes nothing at a point that only observes, though ours are there', async () => {
    await adopt([{ ...plain, action: 'accept' }], anchors[0], []);
    const file = join(folder, 'all.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('mode: Enforce', 'mode: Observe'));
    const before = rig.device.dump();
    const { code, err } = await take('--yes');
    expect([code, err]).toEqual([1, expect.stringContaining('is in mode Observe')]);
    expect(rig.device.dump()).toEqual(before);
  });

  // A FortiGate enforces what it accepts.
  if (kind === 'f5-afm')
    it('takes nothing while the device does not tell whether ours are in force', async () => {
      await adopt([{ ...plain, action: 'accept' }], anchors[0], []);
      const before = rig.device.dump();
      const silent = { entries: {} };
      rig.device.fault({ match: 'current-state/stats', kind: 'answer', body: JSON.stringify(silent), times: 1_000 });
      const { code, out, err } = await take('--yes');
      expect([code, out + err]).toEqual([1, expect.stringContaining('it is not known whether Postern')]);
      expect(rig.device.dump()).toEqual(before);
    });

  it('refuses a folder for policies, of which it proposes none', async () => {
    const { code, err } = await take('--output-dir', folder);
    expect([code, err]).toEqual([1, expect.stringContaining('--output-dir cannot be combined with --take')]);
  });

  it('takes nothing while ours are not there', async () => {
    await adopt([{ ...plain, action: 'accept' }], anchors[0], []);
    rig.write([{ ...plain, action: 'accept' }]);
    const { code, err } = await take('--yes');
    expect([code, err]).toEqual([1, expect.stringContaining('Nothing is taken over')]);
  });
});
