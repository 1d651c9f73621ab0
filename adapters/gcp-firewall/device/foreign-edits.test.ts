import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { monday } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { expectSetBack } from '../../../test/kit/set-back.ts';
import { gcpFirewall } from '../adapter.ts';
import { startGcpFirewall, type GcpSimulator } from '../simulator/simulator.ts';
import { matchOf, withPolicy } from '../simulator/state.ts';
import { harness, isOurs, policyIn } from '../testing/harness.ts';

/* What an administrator does in the console to rules of ours, field by field of the API's document. */

const edits: readonly JsonObject[] = [
  { action: 'goto_next' },
  { action: 'deny' },
  { direction: 'INGRESS' },
  { disabled: true },
  { enableLogging: true },
  { ruleName: 'web-out' },
  { targetServiceAccounts: ['web@edge-project.iam.gserviceaccount.com'] },
  { targetSecureTags: [{ name: 'tagValues/1' }] },
  { targetResources: ['https://www.googleapis.com/compute/v1/projects/edge-project/global/networks/other'] },
];
const matches: readonly JsonObject[] = [
  { srcIpRanges: ['0.0.0.0/0'] },
  { srcIpRanges: [] },
  { destIpRanges: ['0.0.0.0/0'] },
  { destFqdns: ['elsewhere.example'] },
  { destRegionCodes: ['US'] },
  { destThreatIntelligences: ['iplist-tor-exit-nodes'] },
  { destNetworkScope: 'INTERNET' },
  { destNetworkContext: 'INTERNET' },
  { destNetworkType: 'INTERNET' },
  { layer4Configs: [{ ipProtocol: 'all' }] },
  { layer4Configs: [{ ipProtocol: 'tcp' }] },
  { layer4Configs: [{ ipProtocol: 'tcp', ports: ['443'] }, { ipProtocol: 'icmp' }] },
];

let simulator: GcpSimulator | undefined;
afterEach(() => simulator?.close());

async function started(): Promise<readonly [Rig, GcpSimulator]> {
  simulator = await startGcpFirewall({ port: 0, now: (requests) => requests * 1_000 });
  return [new Rig(gcpFirewall, harness(simulator)), simulator];
}

const accepting = (gcp: GcpSimulator): JsonObject =>
  [...policyIn(gcp.state).rules.values()].find((rule) => isOurs(rule) && rule['action'] === 'allow')!;

function put(gcp: GcpSimulator, ...rules: readonly JsonObject[]): void {
  gcp.edit((state) => {
    const policy = policyIn(state);
    const added = rules.map((rule) => [Number(rule['priority']), rule] as const);
    return withPolicy(state, { ...policy, rules: new Map([...policy.rules, ...added]) });
  });
}

describe('an edit of a rule of ours is seen and set back', () => {
  it.each(edits.map((edit) => [JSON.stringify(edit), edit] as const))('%s', async (_, edit) => {
    const [rig, gcp] = await started();
    await expectSetBack(rig, monday, () => put(gcp, { ...accepting(gcp), ...edit }));
  });

  it.each(matches.map((edit) => [JSON.stringify(edit), edit] as const))('match %s', async (_, edit) => {
    const [rig, gcp] = await started();
    await expectSetBack(rig, monday, () => {
      const rule = accepting(gcp);
      put(gcp, { ...rule, match: { ...matchOf(rule), ...edit } });
    });
  });

  it('a clone at another priority', async () => {
    const [rig, gcp] = await started();
    await expectSetBack(rig, monday, () => put(gcp, { ...accepting(gcp), priority: 90_000 }));
  });

  it('a clone of another name, open to everything', async () => {
    const [rig, gcp] = await started();
    await expectSetBack(rig, monday, () => {
      const rule = accepting(gcp);
      const match = { ...matchOf(rule), destIpRanges: ['0.0.0.0/0'] };
      put(gcp, { ...rule, ruleName: 'web-out', priority: 90_000, match });
    });
  });

  it('whose description is gone is a rule of somebody else, and its name is said to be taken', async () => {
    const [rig, gcp] = await started();
    await rig.settle(monday);
    const { description: _, ...rule } = accepting(gcp);
    put(gcp, rule);
    const result = await rig.sync(monday);
    expect(result.state).not.toBe('programmed');
    expect(result.foreign.map(({ name }) => name)).toContain(rule['ruleName']);
  });
});
