import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from './kit/folders.ts';
import { asYaml } from './kit/objects.ts';
import { parseObject } from '../src/api/parse.ts';
import { runPostern } from '../src/cli/testing/run-postern.ts';
import { toChanges } from '../src/core/compile/changes.ts';
import { Compiler } from '../src/core/compile/compiler.ts';
import { evaluator } from '../src/verify/perimeter/desired.ts';
import { aPoint, aSnapshot } from './kit/builders.ts';
import {
  clusterObjects,
  f5Rig,
  flows,
  fortigateRig,
  namespaces,
  pods,
  rules,
  type RulebaseRig,
} from './kit/rulebases.ts';

/*
 * What is proposed for a rulebase that is on a firewall already is held against the firewall's own verdict on packets: it never
 * permits more and, where nothing is told to be less, the same.
 */

interface Adopted {
  readonly objects: readonly { readonly kind: string }[];
  readonly report: readonly { readonly effect: string; readonly code: string; readonly message: string }[];
  readonly problems: readonly unknown[];
}

describe.each([
  ['fortigate', fortigateRig],
  ['f5-afm', f5Rig],
] as const)('the rulebase of a %s', (_, start) => {
  let rig: RulebaseRig;
  const folder = aFolder();
  beforeAll(async () => {
    rig = await start();
  });
  afterAll(async () => {
    await rig.device.close();
  });

  async function adopted(...more: readonly string[]): Promise<Adopted> {
    const objects = clusterObjects(rig, 'Observe');
    await writeFile(join(folder, 'all.yaml'), asYaml(objects));
    const { out, err } = await runPostern(['adopt', '--point', 'edge', '-f', folder, '-o', 'json', ...more], {
      environment: { cluster: 'east' },
    });
    if (out === '') throw new Error(err);
    return JSON.parse(out) as Adopted;
  }

  function permits(objects: Adopted['objects']): (flow: (typeof flows)[number]) => boolean {
    const parsed = objects.map((object) => {
      const read = parseObject(object);
      if ('problems' in read) throw new Error(JSON.stringify({ object, problems: read.problems }));
      return read.object;
    });
    const compiler = new Compiler();
    const clusterEgressPolicies = parsed.filter((object) => object.kind === 'ClusterEgressPolicy');
    compiler.apply(
      toChanges(aSnapshot({ namespaces, pods, enforcementPoints: [aPoint()], clusterEgressPolicies })),
      '2026-06-01T00:00:00Z',
    );
    const decide = evaluator(compiler.desired('edge')!);
    return (flow) => decide(flow).action === 'Accept';
  }

  it('permits nothing that the device does not, and the same where nothing is told to be less', async () => {
    const seen = { yes: 0, no: 0, less: 0, whole: 0 };
    await fc.assert(
      fc.asyncProperty(rules, async (all) => {
        rig.write(all);
        const { objects, report, problems } = await adopted();
        expect(problems.filter((one) => JSON.stringify(one).includes('"error"'))).toEqual([]);
        const isSame = report.every(
          ({ effect, code }) => code === 'within-the-cluster' || (effect !== 'lost' && code !== 'denies-more'),
        );
        const ours = permits(objects);
        for (const flow of flows) {
          const theirs = rig.device.verdict(flow).action === 'Accept';
          const permitted = ours(flow);
          if (!theirs || isSame) expect({ flow, permitted, report }).toEqual({ flow, permitted: theirs, report });
          if (theirs) seen[permitted ? 'yes' : 'less'] += 1;
          else seen.no += 1;
          if (theirs && isSame) seen.whole += 1;
        }
      }),
      { seed: 4, numRuns: 80 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });

  it('is only read', async () => {
    rig.write([{ action: 'accept', from: ['10.7.0.0/24'], to: '203.0.113.0/24', service: 'tcp-443', odd: 'none' }]);
    const before = rig.device.dump();
    const written = join(folder, 'written');
    const { objects } = await adopted('--output-dir', written);
    expect(await readdir(written)).toHaveLength(1);
    await rm(written, { recursive: true });
    expect(objects).toMatchObject([
      { kind: 'ClusterEgressPolicy', spec: { tier: 'Baseline', egress: [{ action: 'Accept' }] } },
    ]);
    expect([rig.device.dump(), rig.device.requests().filter(({ wrote }) => wrote)]).toEqual([before, []]);
  });
});
