import { describe, expect, it } from 'vitest';
import { runPostern } from '../../testing/run-postern.ts';
import { perimeter, pod, why } from './testing/why.ts';

/* `postern why`, `verify` and `lint` on files: two live pods with one address. */

const older = pod('older', '2026-01-01T00:00:00Z');
const newer = pod('newer', '2026-01-02T00:00:00Z');

async function run(command: readonly string[], ...documents: readonly string[]) {
  const { code, out } = await runPostern([...command, '-f', '-', '-o', 'json'], { stdin: documents.join('\n---\n') });
  return { code, json: JSON.parse(out) as Record<string, unknown> };
}

describe('two live pods with one address', () => {
  const lost = '10.20.1.11 is also claimed by pod shop/newer, which is newer (created 2026-01-02T00:00:00Z)';

  it('why says who has it, and that nobody knows what becomes of the other', async () => {
    const loser = await why('shop/older', '203.0.113.7:443', older, newer, perimeter);
    expect(loser.verdict).toBe('Unknown');
    expect(loser.sentence).toContain(`${lost} and so owns it; find out which of the pods really has the address`);
    const owner = await why('shop/newer', '203.0.113.7:443', older, newer, perimeter);
    expect(owner.verdict).toBe('Accept');
    expect(owner.layers).toContainEqual({
      layer: 'source',
      point: 'edge',
      verdict: 'Accept',
      rule: '10.20.1.11',
      reason: 'the address of the pod, its own rather than that of shop/older, because it is newer',
    });
  });

  it('verify does not call it consistent, and lint warns', async () => {
    const { code, json } = await run(['verify'], older, newer, perimeter);
    expect(code).toBe(4);
    expect(json['unknown']).toMatchObject([
      { rule: 'Pod/shop/older', point: 'edge', reason: expect.stringContaining(lost) as string },
    ]);
    const { problems } = (await run(['lint'], older, newer, perimeter)).json as {
      problems: readonly { code: string }[];
    };
    expect(problems.filter((problem) => problem.code === 'shared-address')).toMatchObject([
      { severity: 'warning', subject: 'Pod/shop/older', field: 'status.podIPs' },
    ]);
  });

  it.each([
    ['ended', older.replace('Running', 'Succeeded'), 'has ended (Succeeded)'],
    ['failed', older.replace('phase: Running', 'phase: Failed, reason: NodeLost'), 'has ended (NodeLost)'],
    ['evicted', older.replace('phase: Running', 'phase: Failed, reason: Evicted'), 'has been evicted'],
  ])('names a pod that has %s as the cause, and takes nothing for shared', async (_, gone, fate) => {
    const { verdict, sentence } = await why('shop/older', '203.0.113.7:443', gone, newer, perimeter);
    expect(verdict).toBe('Deny');
    expect(sentence).toContain(
      `is blocked at the source because the pod ${fate}: it opens no connections, and no longer owns its address; ask about the pod that replaces it`,
    );
    expect((await run(['verify'], gone, newer, perimeter)).code).toBe(0);
  });

  it('names a pod that is being deleted as the cause', async () => {
    const going = pod('older', '2026-01-01T00:00:00Z', ", deletionTimestamp: '2026-01-03T00:00:00Z'");
    const { verdict, sentence } = await why('shop/older', '203.0.113.7:443', going, newer, perimeter);
    expect(verdict).toBe('Deny');
    expect(sentence).toContain('is blocked before edge because the pod is being deleted (metadata.deletionTimestamp)');
    expect((await run(['verify'], going, newer, perimeter)).code).toBe(0);
  });

  it('lets out a pod that is being deleted for as long as its policy keeps its grants', async () => {
    const due = new Date(Date.now() + 300_000).toISOString();
    const going = pod(
      'older',
      '2026-01-01T00:00:00Z',
      `, deletionTimestamp: '${due}', deletionGracePeriodSeconds: 310`,
    );
    const keeping = perimeter.replace(
      'allPods: true }',
      'allPods: true }, terminating: KeepUntilGone, terminatingLimitSeconds: LIMIT',
    );
    const asked = (limit: number): ReturnType<typeof why> =>
      why('shop/older', '203.0.113.7:443', going, keeping.replace('LIMIT', String(limit)));
    const isKept = ({ layers }: Awaited<ReturnType<typeof why>>): boolean =>
      layers.some(({ reason }) => reason.includes('keeps its access as spec.terminating says'));
    const kept = await asked(600);
    expect([kept.verdict, isKept(kept)]).toEqual(['Accept', true]);
    const withdrawn = await asked(1);
    expect(withdrawn.sentence).toContain('because the pod is being deleted (metadata.deletionTimestamp)');
    expect(isKept(withdrawn)).toBe(false);
    // Another live pod with the address has it at once.
    expect((await why('shop/older', '203.0.113.7:443', going, newer, keeping.replace('LIMIT', '600'))).verdict).toBe(
      'Deny',
    );
  });

  it('says where a workload is inferred by the convention of its controller', async () => {
    const owner =
      'ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: web-7d9f, uid: x, controller: true }]';
    const web = pod('web', '2026-01-01T00:00:00Z', `, ${owner}`).replace(
      'app: web',
      'app: web, pod-template-hash: 7d9f',
    );
    const { restsOn } = await why('shop/web', '203.0.113.7:443', web, perimeter);
    expect(restsOn).toContain(
      "workload Deployment/web: inferred from its controller's naming convention, because the owner of the pod's owner was not given",
    );
  });

  it('is no matter behind the addresses of nodes', async () => {
    const node =
      'apiVersion: v1\nkind: Node\nmetadata: { name: n1 }\nstatus: { addresses: [{ type: InternalIP, address: 192.0.2.9 }] }';
    const behind = perimeter.replace('mode: Enforce', 'mode: Enforce, vantage: { type: Node }');
    const on = (one: string): string => one.replace('containers', 'nodeName: n1, containers');
    expect((await run(['verify'], on(older), on(newer), node, behind)).code).toBe(0);
  });
});
