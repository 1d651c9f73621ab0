import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../kit/redis-server.ts';
import { permitted } from './flows.ts';
import { policyManifest } from './manifests.ts';
import type { Postern } from './postern.ts';
import { describeLive, Live } from './rig.ts';

const crds = fileURLToPath(new URL('../../crds', import.meta.url));
const denied = '203.0.113.10:443';
const noPayments = `
apiVersion: postern.dev/v1alpha1
kind: ClusterEgressPolicy
metadata: { name: no-payments }
spec:
  tier: Admin
  priority: 1
  subject: { allNamespaces: true, allPods: true }
  egress: [{ name: payments, action: Deny, to: [{ networks: [203.0.113.10/32] }] }]`;
const books = policyManifest('books', { to: [{ externalService: 'ledger' }] });

describeLive('A kind that is removed while there are objects of it', () => {
  let live: Live;
  let controller: Postern;
  beforeAll(async () => {
    live = await Live.start();
    await live.world.apply(noPayments);
    await live.world.apply(books);
    for (const index of [1, 2, 3]) await live.world.addPod(`web-${index}`, { app: 'web', ip: `10.7.0.${index}` });
    controller = live.controller();
    live.worker();
    await live.converged(60_000);
  }, 240_000);
  afterAll(() => live.stop());

  const ready = async (): Promise<string> => {
    const { url } = await controller.says(({ msg }) => msg === 'metrics and health');
    return await (await fetch(`${String(url)}/readyz`)).text();
  };
  const says = (words: string): Promise<void> =>
    until(`/readyz says: ${words}`, async () => (await ready()).includes(words), 60_000);
  const install = async (): Promise<void> => {
    await live.world.kubectl(['apply', '-k', crds]);
    await live.world.kubectl(['wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all']);
  };
  const apply = (manifest: string): Promise<void> =>
    until('it is taken', () => live.world.apply(manifest).then(Boolean, () => false), 30_000);

  it.each([
    ['clusteregresspolicies', noPayments],
    ['egresspolicies', books],
  ])(
    '%s take nothing of what is in force along; who ends leaves all the same',
    async (plural, manifest) => {
      const before = permitted(live.firewall);
      expect([...before].filter((flow) => flow.endsWith(denied))).toEqual([]);
      await live.world.kubectl(['delete', 'crd', `${plural}.postern.dev`]);
      await says(`${plural} stalled: ${plural} are not served`);
      expect(permitted(live.firewall)).toEqual(before);

      const [last] = [...before]
        .map((flow) => flow.split(' ')[0])
        .sort()
        .reverse();
      await live.world.deletePod(`web-${last?.split('.').at(-1)}`);
      const rest = [...before].filter((flow) => !flow.startsWith(`${last} `));
      await until('who has ended is withdrawn', () => permitted(live.firewall).size === rest.length);
      await install();
      await says(`there are no ${plural} since they were not served`);
      expect([...permitted(live.firewall)]).toEqual(rest);

      await apply(manifest);
      await until('all is seen again', async () => !(await ready()).includes(plural), 60_000);
      await live.converged();
    },
    240_000,
  );
});
