import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../kit/redis-server.ts';
import { permitted, type Flow } from './flows.ts';
import { policyManifest } from './manifests.ts';
import { describeLive, Live } from './rig.ts';

const denied = '203.0.113.10:443';
const books = '198.51.100.7:5435';
const name = 'no-payments';

const noPayments = `
apiVersion: postern.dev/v1alpha1
kind: ClusterEgressPolicy
metadata: { name: ${name} }
spec:
  tier: Admin
  priority: 1
  subject: { allNamespaces: true, allPods: true }
  egress: [{ name: payments, action: Deny, to: [{ networks: [203.0.113.10/32] }] }]`;

/** A field of the next version, as its CRD has it. */
const novelty = [
  {
    op: 'add',
    path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/novelty',
    value: { type: 'boolean' },
  },
];

describeLive('A Deny that is stored with a field of the next version', () => {
  let live: Live;

  const flows = (): readonly Flow[] => [...permitted(live.firewall)];
  const says = (value: boolean | null): Promise<string> =>
    live.world.kubectl(['patch', 'cegp', name, '--type=merge', '-p', JSON.stringify({ spec: { novelty: value } })]);
  const message = async (kind: string, object: string, type: string): Promise<string> =>
    await live.world.kubectl([
      'get',
      kind,
      object,
      '-o',
      `jsonpath={.status.conditions[?(@.type=="${type}")].message}`,
    ]);

  beforeAll(async () => {
    live = await Live.start();
    await live.world.apply(noPayments);
    await live.world.apply(policyManifest('books', { to: [{ externalService: 'ledger' }] }));
    await live.world.addPod('web-1', { app: 'web', ip: '10.7.0.1' });
    const crd = 'clusteregresspolicies.postern.dev';
    await live.world.kubectl(['patch', 'crd', crd, '--type=json', '-p', JSON.stringify(novelty)]);
    const stored = async (): Promise<boolean> => {
      await says(true).catch(() => undefined);
      return (await live.world.kubectl(['get', 'cegp', name, '-o', 'jsonpath={.spec.novelty}'])).trim() === 'true';
    };
    await until('the next schema is served', () => stored().catch(() => false), 40_000);
    await says(null);
  }, 240_000);
  afterAll(() => live.stop());

  it('stays in force, and everybody else goes on', async () => {
    const process = live.both();
    await live.converged(60_000);
    await says(true);
    await live.world.addPod('web-2', { app: 'web', ip: '10.7.0.2' });
    await until('the new pod is let in', () => flows().includes(`10.7.0.2 -> ${books}`));
    await until(
      'the policy says why',
      async () => (await message('cegp', name, 'Accepted')).includes('novelty'),
      30_000,
    );
    expect(await message('cegp', name, 'Accepted')).toContain('its last readable version stays in force');
    expect(flows().filter((flow) => flow.endsWith(denied))).toEqual([]);
    await process.kill();
  });

  it('holds what is new when nothing was read of it since the start, and lets go of who has ended, until it is mended', async () => {
    live.both();
    await until(
      'the point is held',
      async () => (await message('enforcementpoint', 'edge', 'Programmed')).includes('cannot read some object'),
      60_000,
    );
    await live.world.addPod('web-3', { app: 'web', ip: '10.7.0.3' });
    await live.world.deletePod('web-2');
    await until('who has ended is withdrawn', () => !flows().some((flow) => flow.startsWith('10.7.0.2 ')));
    expect(flows().filter((flow) => flow.endsWith(denied) || flow.startsWith('10.7.0.3 '))).toEqual([]);
    expect(live.said).toContain(`ClusterEgressPolicy/${name}`);
    await says(null);
    await until('the new pod is let in', () => flows().includes(`10.7.0.3 -> ${books}`));
    expect(flows().filter((flow) => flow.endsWith(denied))).toEqual([]);
  });
});
