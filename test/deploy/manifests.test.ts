import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { kinds } from '../../src/api/kinds.ts';
import { runPostern } from '../../src/cli/testing/run-postern.ts';
import { decidingKinds, referencedKinds } from '../../src/kube/mesh/kinds.ts';
import { syncJob } from '../../src/queue/sync-job.ts';
import { redisKeys } from '../../src/redis/keys.ts';
import { describeWith } from '../kit/redis-server.ts';
import { deployFolder, find, nameOf, rendered, type Choice, type Manifest } from './kustomize.ts';
import { rightsIn, told } from './rights.ts';

const top = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(top, path), 'utf8');

/** Of the kinds by which pods leave under addresses that no point is told of. */
const unfollowedEgress = [
  'adminpolicybasedexternalroutes.k8s.ovn.org',
  'ciliumegressnatpolicies.cilium.io',
  'egressclusterpolicies.egressgateway.spidernet.io',
  'egresspolicies.egressgateway.spidernet.io',
  'isovalentegressgatewaypolicies.isovalent.com',
  'netnamespaces.network.openshift.io',
  'vpc-egress-gateways.kubeovn.io',
];

const quantities = z.record(z.string(), z.union([z.string(), z.number()]));
const containerSchema = z.looseObject({
  volumeMounts: z.array(z.unknown()).default([]),
  image: z.string(),
  args: z.array(z.string()),
  resources: z.looseObject({ requests: quantities, limits: quantities }),
  securityContext: z.unknown(),
});
const podSchema = z.looseObject({
  serviceAccountName: z.string().optional(),
  automountServiceAccountToken: z.boolean(),
  securityContext: z.looseObject({
    runAsNonRoot: z.literal(true),
    seccompProfile: z.object({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.tuple([containerSchema]),
  volumes: z.array(z.unknown()).optional(),
});
type Pod = z.infer<typeof podSchema>;

/** The pods that a manifest brings about, wherever in it they are. */
function podsIn(node: unknown): readonly Pod[] {
  if (typeof node !== 'object' || node === null) return [];
  if ('containers' in node) return [podSchema.parse(node)];
  return Object.values(node).flatMap(podsIn);
}

const components = [
  'redis',
  'pod-gate',
  'console',
  'standby',
  'service-monitor',
  'in-mesh-istio',
  'in-mesh-gateway-api',
  'in-mesh-network-policy',
  'feed',
];
const installations: readonly Choice[] = [
  ...(['base', 'embedded', 'cron', 'keda', 'knative'] as const).map((variant): Choice => ({ variant })),
  { variant: 'base', components },
  { variant: 'embedded', components },
  ...(['base', 'embedded', 'cron', 'keda', 'knative'] as const).map((variant): Choice => ({
    variant,
    components: ['mounted-secrets'],
  })),
];
const cases = installations.map(
  (choice) => [[choice.variant, ...(choice.components ?? [])].join(', '), choice] as const,
);

describeWith(['kubectl'], 'The manifests', () => {
  it.each(cases)('of %s pass the restricted pod security standard, and ask for what they need', (_, choice) => {
    const pods = rendered(choice).flatMap(podsIn);
    expect(pods.length).toBeGreaterThan(0);
    for (const { containers } of pods) {
      const [{ securityContext, resources }] = containers;
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect([Object.keys(resources.requests).sort(), resources.limits['memory']]).toEqual([
        ['cpu', 'memory'],
        expect.any(String),
      ]);
    }
  });

  it.each(cases)('of %s name nothing of theirs that is not there', (_, choice) => {
    const manifests = rendered(choice);
    const names = new Set(manifests.map(nameOf));
    const accounts = manifests.flatMap(podsIn).flatMap(({ serviceAccountName = [] }) => serviceAccountName);
    expect(accounts.filter((account) => !names.has(`ServiceAccount/${account}`))).toEqual([]);
    expect(
      rightsIn(manifests)
        .map(({ account }) => account)
        .filter((account) => !names.has(`ServiceAccount/${account}`)),
    ).toEqual([]);
    const labels = manifests.flatMap(({ metadata }) => metadata.namespace ?? []);
    expect(new Set(labels)).toEqual(new Set(['postern-system']));
    expect(names.size).toBe(manifests.length);
  });

  it('bring the kinds as they are in crds/, and the image of this version', () => {
    const manifests = rendered({ variant: 'base' });
    const found = manifests.filter(({ kind }) => kind === 'CustomResourceDefinition');
    const expected = Object.values(kinds).map(
      ({ plural }) => parse(read(`crds/postern.dev_${plural}.yaml`)) as Manifest,
    );
    const byName = (a: Manifest, b: Manifest): number => (a.metadata.name < b.metadata.name ? -1 : 1);
    expect([...found].sort(byName)).toEqual([...expected].sort(byName));
    const { version } = z.looseObject({ version: z.string() }).parse(JSON.parse(read('package.json')));
    const images = new Set(
      installations.flatMap((choice) => rendered(choice).flatMap(podsIn)).map(({ containers: [{ image }] }) => image),
    );
    expect(images).toEqual(new Set([`postern:${version}`, 'redis:7.4-bookworm']));
  });

  it('give a worker nothing but Secrets by name, and with mounted ones nothing at all, not even a token', () => {
    const ofWorker = (choice: Choice): readonly string[] =>
      rightsIn(rendered(choice))
        .filter(({ account }) => account === 'postern-worker')
        .map(told);
    expect(ofWorker({ variant: 'base' })).toEqual(['postern-worker: get secrets in postern-system']);
    const mounted: Choice = { variant: 'base', components: ['mounted-secrets'] };
    expect(ofWorker(mounted)).toEqual([]);
    const [pod] = podsIn(find(rendered(mounted), 'Deployment/postern-worker'));
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      containers: [
        { args: ['worker', '--secrets-dir=/var/run/postern'], volumeMounts: [{ mountPath: '/var/run/postern' }] },
      ],
    });
    const inMesh: Choice = { variant: 'base', components: ['mounted-secrets', 'in-mesh-network-policy'] };
    expect(podsIn(find(rendered(inMesh), 'Deployment/postern-worker'))[0]?.automountServiceAccountToken).toBe(true);
  });

  it.each(['base', 'embedded', 'cron', 'keda', 'knative'] as const)(
    'mount what nobody may read any more, in %s',
    (variant) => {
      const manifests = rendered({ variant, components: ['mounted-secrets'] });
      expect(rightsIn(manifests).filter(({ resource }) => resource === 'secrets')).toEqual([]);
      const pods = manifests
        .flatMap(podsIn)
        .filter(({ volumes }) => JSON.stringify(volumes ?? []).includes('projected'));
      expect(
        pods.map(({ containers: [{ args, volumeMounts }] }) => [
          args.includes('--secrets-dir=/var/run/postern'),
          volumeMounts,
        ]),
      ).toEqual([
        [true, expect.arrayContaining([{ name: 'credentials', mountPath: '/var/run/postern', readOnly: true }])],
      ]);
    },
  );

  it('serve feeds from a process without rights, from the volume that workers write to', async () => {
    const choice: Choice = { variant: 'base', components: ['feed'] };
    const manifests = rendered(choice);
    const [pod] = podsIn(find(manifests, 'Deployment/postern-feed'));
    const [worker] = podsIn(find(manifests, 'Deployment/postern-worker'));
    expect(pod?.automountServiceAccountToken).toBe(false);
    expect(rightsIn(manifests)).toEqual(rightsIn(rendered({ variant: 'base' })));
    const mount = { name: 'feeds', mountPath: '/var/lib/postern/feeds' };
    const volume = { name: 'feeds', persistentVolumeClaim: { claimName: 'postern-feeds' } };
    for (const one of [pod, worker]) {
      expect(one?.containers[0].volumeMounts).toContainEqual(mount);
      expect([one?.volumes, one?.securityContext]).toEqual([
        expect.arrayContaining([volume]),
        expect.objectContaining({ fsGroup: 65532 }),
      ]);
    }
    const labels = { 'app.kubernetes.io/name': 'postern-feed' };
    expect(find(manifests, 'Deployment/postern-feed')).toMatchObject({
      spec: {
        template: { metadata: { labels }, spec: { containers: [{ ports: [{ name: 'https', containerPort: 8443 }] }] } },
      },
    });
    expect(find(manifests, 'Service/postern-feed')).toMatchObject({
      spec: { selector: labels, ports: [{ port: 443, targetPort: 'https' }] },
    });
    expect(find(manifests, 'NetworkPolicy/postern-feed-from-devices')).toMatchObject({
      spec: { podSelector: { matchLabels: labels }, ingress: [{ ports: [{ protocol: 'TCP', port: 8443 }] }] },
    });
    // The arguments are understood: what is missing here are the files.
    const { code, err } = await runPostern([...(pod?.containers[0].args ?? [])]);
    expect([code, err]).toEqual([1, expect.stringMatching(/--consumers: ENOENT.*postern-feed.consumers.yaml/)]);
  });

  it('never let the controller read a Secret, nor change a policy', () => {
    const everything = rightsIn(rendered({ variant: 'base', components }));
    const controller = everything.filter(({ account }) => account === 'postern-controller');
    expect(controller.filter(({ resource }) => resource === 'secrets')).toEqual([]);
    const writes = controller
      .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
      .map(told)
      .sort();
    expect(writes).toEqual([
      // Dry, to see that a forged one is refused.
      'postern-controller: create egressapprovals.postern.dev in postern-system',
      'postern-controller: create events.events.k8s.io',
      'postern-controller: create leases.coordination.k8s.io in postern-system',
      // Questions, which change nothing: with the component console.
      'postern-controller: create subjectaccessreviews.authorization.k8s.io',
      'postern-controller: create tokenreviews.authentication.k8s.io',
      'postern-controller: patch clusteregresspolicies/status.postern.dev',
      'postern-controller: patch egressapprovals/status.postern.dev',
      'postern-controller: patch egressdelegations/status.postern.dev',
      'postern-controller: patch egresspolicies/status.postern.dev',
      'postern-controller: patch enforcementpoints/status.postern.dev',
      'postern-controller: patch externalservices/status.postern.dev',
      'postern-controller: patch pods/status',
      'postern-controller: update leases.coordination.k8s.io "postern-controller" in postern-system',
    ]);
    expect(everything.filter(({ verb, resource, group }) => [verb, resource, group].includes('*'))).toEqual([]);
  });

  it('let everything be read that decides who leaves the cluster, where layers are compared', () => {
    const rights = rightsIn(rendered({ variant: 'embedded', components: ['consistency'] }));
    const listed = rights.filter(({ verb }) => verb === 'list').map(({ group, resource }) => `${resource}.${group}`);
    const needed = [...decidingKinds, ...referencedKinds].map(({ group, plural }) => `${plural}.${group}`);
    // Every EKS cluster serves this kind: whether there are any is asked for, though what they do is not modelled.
    const ofEveryEks = 'securitygrouppolicies.vpcresources.k8s.aws';
    expect([...needed, ofEveryEks, ...unfollowedEgress].filter((kind) => !listed.includes(kind))).toEqual([]);
  });

  it('have KEDA look at the lists in which the queue keeps what is to be done', () => {
    const { spec } = find(rendered({ variant: 'keda' }), 'ScaledJob/postern-worker');
    const { triggers } = z
      .looseObject({ triggers: z.array(z.looseObject({ metadata: z.looseObject({ listName: z.string() }) })) })
      .parse(spec);
    const { queue } = redisKeys();
    expect(triggers.map(({ metadata }) => metadata.listName)).toEqual([
      `${queue}:${syncJob}:prioritized`,
      `${queue}:${syncJob}:active`,
    ]);
  });
});

it('Cloud Run gets a worker that holds no token of Kubernetes', () => {
  const service = parse(readFileSync(join(deployFolder, 'cloud-run/service.yaml'), 'utf8')) as unknown;
  expect(service).toMatchObject({
    apiVersion: 'serving.knative.dev/v1',
    spec: { template: { spec: { containers: [{ args: ['serve', '--secrets-dir=/var/run/postern'] }] } } },
  });
});

it('The Dockerfile copies what is there, and runs as nobody', () => {
  const text = read('Dockerfile');
  const copied = [...text.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
  expect(copied.length).toBeGreaterThan(6);
  expect(copied.filter((source) => !existsSync(join(top, source)))).toEqual([]);
  const ignored = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '');
  expect(copied.filter((source) => ignored.includes(source))).toEqual([]);
  // It is compiled by root, so that nobody may write what is started.
  const users = [...text.matchAll(/^USER (.+)$/gm)].map(([, user]) => user);
  expect(users).toEqual(['0:0', '65532:65532']);
  expect(text).toMatch(/^RUN npm ci /m);
});
