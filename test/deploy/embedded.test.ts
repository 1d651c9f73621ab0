import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { aCluster } from '../../adapters/istio/testing/world.ts';
import { until } from '../kit/redis-server.ts';
import { hasIstioCrds, istioCrds } from '../integration/istio-crds.ts';
import { policyManifest } from '../live/manifests.ts';
import { describeLive } from '../live/rig.ts';
import { expectApproval } from './approval.ts';
import { Installed, type Started } from './installed.ts';
import { expectUsed, listsOfTheWatched, permits, rightsIn, told, type Right } from './rights.ts';
import { meshPoint, named } from './scenario.ts';

/*
 * One process with the rights of both, and with them those for a mesh: the kinds of Istio come from ISTIO_CRDS, a file as
 * Istio publishes it.
 */

/** For each kind something that we never set: apply leaves it alone, so that the object has to be replaced. */
const meddling = {
  'destinationrules.networking.istio.io': { workloadSelector: { matchLabels: { not: 'ours' } } },
  'gateways.networking.istio.io': { selector: { not: 'ours' } },
  'serviceentries.networking.istio.io': { subjectAltNames: ['not.ours'] },
  'sidecars.networking.istio.io': { workloadSelector: { labels: { not: 'ours' } } },
  'virtualservices.networking.istio.io': { http: [{ route: [{ destination: { host: 'not.ours' } }] }] },
  'authorizationpolicies.security.istio.io': { selector: { matchLabels: { not: 'ours' } } },
  'telemetries.telemetry.istio.io': { selector: { matchLabels: { not: 'ours' } } },
} as const;
const kinds = Object.keys(meddling) as (keyof typeof meddling)[];

/** Kinds that are not there in this cluster, so that nobody asks for them. */
const groupsOfOthers = [
  'projectcalico.org',
  'crd.antrea.io',
  'networking.k8s.aws',
  'networking.gke.io',
  'vpcresources.k8s.aws',
  'k8s.ovn.org',
  'network.openshift.io',
  'egressgateway.spidernet.io',
  'isovalent.com',
  'kubeovn.io',
  // Read only beside policies of such kinds.
  'discovery.k8s.io',
  'gateway.networking.k8s.io',
  'policy.networking.k8s.io',
  'cilium.io',
  'crd.projectcalico.org',
];

if (hasIstioCrds())
  describeLive('The embedded installation, with a firewall and a mesh', () => {
    let installed: Installed;
    let postern: Started;
    const kubectl = (...args: readonly string[]): Promise<string> => installed.world.kubectl(args);
    const ours = ['-A', '-l', 'app.kubernetes.io/managed-by=postern', '-o', 'json'];
    const objects = async (kind: string): Promise<readonly Found[]> =>
      (JSON.parse(await kubectl('get', kind, ...ours)) as { readonly items: readonly Found[] }).items;
    const isMeddled = (object: Found): boolean => /"?not"?[:.]"?ours/.test(JSON.stringify(object.spec));
    const meddled = async (): Promise<number> =>
      (await Promise.all(kinds.map(objects))).flat().filter(isMeddled).length;

    beforeAll(async () => {
      installed = await Installed.start({
        variant: 'embedded',
        components: ['in-mesh-istio', 'consistency'],
        patches: [named('blue')],
      });
      await kubectl('apply', '--server-side', '-f', istioCrds);
      await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=120s');
      await vi.waitFor(() => Promise.all(kinds.map(objects)), { timeout: 90_000, interval: 500 });
      for (const object of aCluster().all()) {
        const { uid: _, resourceVersion: __, ...metadata } = object.metadata;
        await installed.world.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify({ ...object, metadata }));
      }
      postern = await installed.run('postern');
      await installed.world.addPod('web-1', { app: 'web', account: 'builder', ip: '10.7.0.1' });
      await installed.converged();
      // Identities are ServiceAccounts: a mesh does not decide by labels.
      const builds = { subject: { serviceAccounts: ['builder'] }, to: [{ externalService: 'github' }] };
      await installed.world.apply(policyManifest('builds', builds));
    });
    afterAll(() => installed.stop());

    it('has what goes beyond a delegation wait until somebody approves it', () => expectApproval(installed));

    it('is ready, and keeps both true', async () => {
      await until('it is ready', async () => (await fetch(postern.url + postern.probes.ready)).status === 200);
      await installed.world.apply(meshPoint());
      await kubectl('wait', 'enfp/mesh', '--for=condition=Programmed', '--timeout=120s');
      const counts = await Promise.all(kinds.map(async (kind) => [kind, (await objects(kind)).length > 0]));
      expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(kinds.map((kind) => [kind, true])));
    });

    it('reads everything that has a say, to compare it with the firewall', async () => {
      const compared = (): boolean => installed.calls.calls().some((call) => told(call) === 'postern: list services');
      await until('the layers were read', compared, 40_000);
    });

    it('puts back what others have set on objects of ours', async () => {
      for (const kind of kinds) {
        const [first] = await objects(kind);
        const { name, namespace } = first?.metadata ?? { name: '', namespace: '' };
        const patch = JSON.stringify({ spec: meddling[kind] });
        const patched = await kubectl('patch', kind, name, '-n', namespace, '--type=merge', '-p', patch, '-o', 'json');
        expect([kind, isMeddled(JSON.parse(patched) as Found)]).toEqual([kind, true]);
      }
      const more = { subject: { serviceAccounts: ['builder'] }, to: [{ externalService: 'payments' }] };
      await installed.world.apply(policyManifest('more', more));
      await vi.waitFor(async () => expect(await meddled()).toBe(0), { timeout: 120_000, interval: 500 });
    });

    it('takes away what is needed no more', async () => {
      await kubectl('delete', 'egp', '-n', 'shop', 'builds', 'more', 'pay');
      const less = { config: { telemetry: { enabled: false } }, namespaceSelector: { matchLabels: { none: 'such' } } };
      await kubectl('patch', 'enfp', 'mesh', '--type=merge', '-p', JSON.stringify({ spec: less }));
      const left = async (): Promise<readonly string[]> =>
        (await Promise.all(kinds.map(objects))).flat().map(({ metadata }) => metadata.name);
      await vi.waitFor(async () => expect(await left()).toEqual([expect.stringMatching('deny')]), {
        timeout: 120_000,
        interval: 500,
      });
    });

    it('is taken off both, as when it is uninstalled', async () => {
      for (const point of ['mesh', 'edge'])
        await kubectl('patch', 'enfp', point, '--type=merge', '-p', '{"spec":{"mode":"Observe"}}');
      await postern.process.stop();
      const person = ['--kubeconfig', installed.kubeconfig, '--audit-dir', installed.auditFolder];
      for (const point of ['mesh', 'edge']) {
        const command = ['withdraw', '--cluster', 'blue', '--point', point, ...person];
        const shown = await installed.postern(...command);
        expect([shown.code, shown.out]).toEqual([2, expect.stringContaining('nothing was changed')]);
        const done = await installed.postern(...command, '--yes');
        expect([done.code, done.out]).toEqual([0, expect.stringContaining('Done, and read back.')]);
      }
      expect((await Promise.all(kinds.map(objects))).flat()).toEqual([]);
      expect(JSON.stringify(installed.firewall.dump())).not.toContain('cluster=blue');
      const verified = await installed.postern('audit', 'verify', '--audit-dir', installed.auditFolder);
      expect([verified.code, verified.out]).toEqual([0, expect.stringMatching(/edge: intact[^]*mesh: intact/)]);
    });

    it('was refused nothing, and has no right that it never used', async () => {
      const rights = rightsIn(installed.manifests);
      const calls = installed.calls.calls();
      expect(new Set(calls.map(({ account }) => account))).toEqual(new Set(['postern']));
      expect(calls.filter(({ allowed }) => !allowed).map(told)).toEqual([]);
      const beyond = calls.filter((call) => !rights.some((right) => permits(right, call))).map(told);
      expect([...new Set(beyond)]).toEqual(['postern: create selfsubjectaccessreviews.authorization.k8s.io']);
      const isServed = ({ group }: Right): boolean => !groupsOfOthers.includes(group);
      // This server streams lists; unstreamed.test.ts has one that does not.
      const needed = rights.filter((right) => isServed(right) && !listsOfTheWatched(rights).includes(right));
      await expectUsed(needed, () => installed.calls.calls());
    });
  });

interface Found {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: unknown;
}
