import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import type { MeshClient, MeshTarget } from '../../src/verify/mesh/answer.ts';
import { checkPerimeter, type Perimeter } from '../mesh/invariants.ts';
import { hasKubeApiserver } from './kube-apiserver.ts';
import { hasIstioCrds } from './istio-crds.ts';
import { MeshRig } from './mesh-rig.ts';
import {
  catalogue,
  edgePoint,
  gatewayAddress,
  gatewayService,
  meshPoint,
  networkPoint,
  platform,
  policy,
  withoutMeshRights,
} from './mesh-world.ts';

/*
 * One intent on a mesh, on the network of the cluster and on a firewall behind the egress gateway: what the API server
 * and the firewall then hold is read by code that shares nothing with what wrote it.
 */

const clients: readonly (MeshClient & { readonly ip: string })[] = [
  { ip: '10.20.1.11', name: 'checkout' },
  { ip: '10.20.1.12', name: 'web' },
].map(({ ip, name }) => ({
  ip,
  namespace: 'shop',
  serviceAccount: name,
  podLabels: { app: name },
  meshed: 'sidecar',
  addresses: [ip],
}));

const targets: readonly MeshTarget[] = [
  { host: 'api.bank.example', port: 80, protocol: 'TCP', appProtocol: 'http' },
  { host: 'api.bank.example', port: 443, protocol: 'TCP', appProtocol: 'tls' },
  { host: 'feed.agency.example', port: 443, protocol: 'TCP', appProtocol: 'tls' },
  { host: 'example.com', port: 443, protocol: 'TCP', appProtocol: 'tls' },
];

describe.skipIf(!hasKubeApiserver() || !hasIstioCrds())(
  'A mesh, its network and the firewall behind its gateway',
  () => {
    let rig: MeshRig;

    beforeAll(async () => {
      rig = await MeshRig.start();
      await rig.apply(...platform);
      await rig.apply(...catalogue, policy('checkout', 'checkout', ['bank']));
      await rig.addPod('istio-egress', 'egressgateway-1', {
        labels: { istio: 'egressgateway' },
        account: 'default',
        ip: gatewayAddress,
      });
      for (const { serviceAccount, ip } of clients) {
        await rig.addPod('shop', `${serviceAccount}-1`, {
          labels: { app: serviceAccount },
          account: serviceAccount,
          ip,
        });
      }
    }, 300_000);
    afterAll(() => rig.stop());

    /** The firewall, asked for what it would do with packets of the gateway and of pods. */
    const perimeter: Perimeter = (from, { host, address, port, protocol }) => {
      const src = from.kind === 'gateway' ? gatewayAddress : (from.client.addresses?.[0] ?? '');
      const to = host === '' ? { dst: address } : { host };
      const { action, rule } = rig.firewall.verdict({ src, port, protocol: protocol === 'UDP' ? 'UDP' : 'TCP', ...to });
      return { verdict: action, rule };
    };

    /** What leaves, and as what: `checkout -> api.bank.example:80 > 443`. Both layers have to agree about each flow. */
    async function leaving(): Promise<readonly string[]> {
      const judge = await rig.judge();
      const flows = clients.flatMap((client) => targets.map((target) => ({ client, target })));
      expect(checkPerimeter({ judge }, perimeter, flows)).toEqual([]);
      // Nobody gets around his proxy, whatever the perimeter would say.
      const past = flows.filter(
        ({ client, target }) => judge({ ...client, meshed: 'none' }, target).verdict === 'Accept',
      );
      expect(past).toEqual([]);
      return flows.flatMap(({ client, target }) => {
        const { verdict, certain, path, outside } = judge(client, target);
        if (verdict === 'Deny') return [];
        const flow = `${client.serviceAccount} -> ${target.host ?? ''}:${target.port} > ${outside.port}`;
        return [`${flow}${path === 'gateway' && certain ? '' : ` by ${path}`}`];
      });
    }

    const becomes = (expected: readonly string[]): Promise<void> =>
      vi.waitFor(async () => expect(await leaving()).toEqual(expected), { timeout: 120_000, interval: 500 });

    it('says what is missing, and writes nothing, until the mesh has all that it takes', async () => {
      const told = async (config: object, what: RegExp, sync = () => rig.sync()): Promise<void> => {
        await rig.apply(meshPoint(config));
        const { code, text } = await sync();
        expect(code, text).toBe(1);
        expect((await rig.conditions('mesh')).join('\n')).toMatch(what);
        expect(await rig.written()).toEqual([]);
      };
      await told({}, /does not know ServiceEntry .*Install Istio/);
      await rig.installIstio();
      await told(
        { revision: 'canary' },
        /There is no ConfigMap istio-system\/istio-canary.*Correct rootNamespace or revision/,
      );
      await told({}, /istio-egress\/egressgateway/);
      await rig.apply(gatewayService, ...withoutMeshRights);
      await told({}, /May not .*istio\.io\. Grant it to the account of the worker/, () => rig.syncAs('limited'));
    }, 300_000);

    it('agree, as policies come, change and go', async () => {
      await rig.apply(meshPoint(), networkPoint, edgePoint(rig.firewall.url));
      const run = rig.run();
      await becomes(['checkout -> api.bank.example:80 > 443']);
      await rig.apply(policy('web', 'web', ['agency']));
      await becomes(['checkout -> api.bank.example:80 > 443', 'web -> feed.agency.example:443 > 443']);
      await rig.apply(policy('checkout', 'checkout', ['agency', 'bank']));
      await becomes([
        'checkout -> api.bank.example:80 > 443',
        'checkout -> feed.agency.example:443 > 443',
        'web -> feed.agency.example:443 > 443',
      ]);
      await rig.kubectl(['delete', 'egp', '-n', 'shop', 'checkout']);
      await becomes(['web -> feed.agency.example:443 > 443']);
      await rig.kubectl(['delete', 'egp', '-n', 'shop', 'web']);
      await becomes([]);
      await rig.apply(policy('checkout', 'checkout', ['bank']));
      await becomes(['checkout -> api.bank.example:80 > 443']);
      const { code, text } = await run.stop();
      expect(code, text).toBe(0);
    }, 240_000);

    it('are clean and agree for `postern lint` and `postern verify`, which read the cluster and the firewall', async () => {
      const { text } = await rig.postern('lint', '--live', '--mesh', '-o', 'json');
      const { problems } = JSON.parse(text) as { readonly problems: readonly { readonly code: string }[] };
      expect(problems.filter(({ code }) => /^S\d\d$/.test(code))).toEqual([]);
      const verified = await rig.verify();
      expect(verified.code, verified.text).toBe(0);
      expect(verified.text).toContain('Consistent: the intent, the mesh, network policies, edge, mesh, network');
    }, 180_000);

    it('heal what somebody edits, and say what it was', async () => {
      const policies = (await rig.written()).filter((name) => /^AuthorizationPolicy.*bank/.test(name));
      const name = policies[0]?.split('/')[2] ?? '';
      const open = JSON.stringify({ spec: { rules: [{}] } });
      await rig.kubectl(['patch', 'authorizationpolicy', name, '-n', 'istio-egress', '--type=merge', '-p', open]);
      expect((await rig.judge())(clients[1]!, targets[0]!).verdict).toBe('Accept');
      const drift = await rig.postern('drift', '--cluster', 'live', '--point', 'mesh');
      expect([drift.code, drift.text.includes(name)]).toEqual([2, true]);
      await rig.sync();
      expect(await leaving()).toEqual(['checkout -> api.bank.example:80 > 443']);
    }, 240_000);

    it('leave a VirtualService of others for the same host alone, and say so', async () => {
      await rig.apply(foreignRoute);
      const before = await rig.kubectl(['get', 'virtualservice', 'theirs', '-n', 'shop', '-o', 'jsonpath={.spec}']);
      await rig.apply(policy('web', 'web', ['agency']));
      await rig.sync();
      expect((await rig.conditions('mesh')).join('\n')).toMatch(
        /VirtualService shop\/theirs for feed\.agency\.example/,
      );
      const after = await rig.kubectl(['get', 'virtualservice', 'theirs', '-n', 'shop', '-o', 'jsonpath={.spec}']);
      expect(after).toBe(before);
      expect(
        (await rig.written()).filter((name) => name.includes('agency') && name.startsWith('ServiceEntry')),
      ).toEqual([]);
      const { text } = await rig.postern('lint', '--live', '--mesh');
      expect(text).toMatch(/VirtualService\/shop\/theirs\n {2}warning .*\[S25\]/);
    }, 240_000);

    it('stay as they are when a point is deleted; `postern withdraw` takes what is ours, and nothing else', async () => {
      const ours = await rig.written();
      const theirs = await rig.written(false);
      await rig.kubectl(['delete', 'enfp', 'mesh', 'network']);
      await rig.sync();
      expect(await rig.written()).toEqual(ours);
      for (const [name, manifest] of Object.entries({ mesh: meshPoint(), network: networkPoint })) {
        const file = join(rig.folder, `${name}.yaml`);
        writeFileSync(file, stringify(manifest));
        const args = ['withdraw', '-f', file, '--point', name, '--cluster', 'live'];
        expect((await rig.postern(...args)).code).toBe(2);
        const { code, text } = await rig.postern(...args, '--yes');
        expect(code, text).toBe(0);
      }
      expect(await rig.written()).toEqual([]);
      expect(await rig.written(false)).toEqual(theirs);
    }, 240_000);
  },
);

const foreignRoute = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'theirs', namespace: 'shop' },
  spec: {
    hosts: ['feed.agency.example'],
    tls: [
      {
        match: [{ port: 443, sniHosts: ['feed.agency.example'] }],
        route: [{ destination: { host: 'feed.agency.example', port: { number: 443 } } }],
      },
    ],
  },
};
