import { describe, expect, it } from 'vitest';
import { runPostern } from '../../src/cli/testing/run-postern.ts';
import { allowed, base, verify, why } from './asked.ts';

/* A workload is the top controller, however it is known and whatever somebody calls it. */

interface Owner {
  readonly kind: string;
  readonly name: string;
}

function pod(
  name: string,
  owner: Owner | undefined,
  labels = '',
  status = 'phase: Running, podIP: 10.20.1.71',
): string {
  const reference = owner
    ? `, ownerReferences: [{ apiVersion: any/v1, kind: ${owner.kind}, name: ${owner.name}, uid: u, controller: true }]`
    : '';
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: web${labels} }${reference} }
spec: { serviceAccountName: web, nodeName: n1 }
status: { ${status} }`;
}

async function workloads(...documents: readonly string[]): Promise<Record<string, string>> {
  const { out } = await runPostern(['matrix', '-f', '-', '-o', 'json'], {
    stdin: [base, ...documents].join('\n---\n'),
  });
  const entries = JSON.parse(out) as readonly { workload: string; workloadBy?: string }[];
  const known = entries.map(({ workload, workloadBy = 'owners' }) => [workload, workloadBy] as const);
  return Object.fromEntries(known.filter(([name]) => !name.endsWith('web-1') && !name.endsWith('batch-1')));
}

const template = 'template: { metadata: { labels: { app: web } }, spec: { serviceAccountName: web, containers: [] } }';
const object = (apiVersion: string, kind: string, spec: string): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: checkout, namespace: shop }\nspec: { ${spec} }`;
const checkout = pod(
  'checkout-6d4cf56db6-abcde',
  { kind: 'ReplicaSet', name: 'checkout-6d4cf56db6' },
  ', pod-template-hash: 6d4cf56db6',
);

describe('a workload', () => {
  it.each([
    ['a Deployment by the hash of its template', checkout, { 'Deployment/checkout': 'convention' }],
    [
      'a CronJob by the time in the name of its Job',
      pod('nightly-28391400-x7k2p', { kind: 'Job', name: 'nightly-28391400' }),
      { 'CronJob/nightly': 'convention' },
    ],
    ['a StatefulSet', pod('db-0', { kind: 'StatefulSet', name: 'db' }), { 'StatefulSet/db': 'owners' }],
    ['a controller of somebody else', pod('wf-1', { kind: 'Workflow', name: 'wf' }), { 'Workflow/wf': 'owners' }],
    ['a static pod by itself', pod('proxy-n1', { kind: 'Node', name: 'n1' }), { 'Pod/proxy-n1': 'owners' }],
    ['a Rollout without pods', object('argoproj.io/v1alpha1', 'Rollout', template), { 'Rollout/checkout': 'owners' }],
    [
      'a CloneSet without pods',
      object('apps.kruise.io/v1alpha1', 'CloneSet', template),
      { 'CloneSet/checkout': 'owners' },
    ],
    [
      'a DeploymentConfig of OpenShift by a label',
      pod('till-3-x7k2p', { kind: 'ReplicationController', name: 'till-3' }, ', deploymentconfig: till'),
      { 'DeploymentConfig/till': 'convention' },
    ],
    [
      'a DeploymentConfig without pods',
      object('apps.openshift.io/v1', 'DeploymentConfig', template),
      { 'DeploymentConfig/checkout': 'owners' },
    ],
    ['a Service of Knative', object('serving.knative.dev/v1', 'Service', template), { 'Service/checkout': 'owners' }],
    [
      'one with its revisions',
      [
        object('serving.knative.dev/v1', 'Service', template),
        pod(
          'checkout-00002-deployment-7d4b9c6f5d-zzzzz',
          { kind: 'ReplicaSet', name: 'checkout-00002-deployment-7d4b9c6f5d' },
          ', serving.knative.dev/revision: checkout-00002, serving.knative.dev/service: checkout',
        ),
      ].join('\n---\n'),
      { 'Revision/checkout-00002': 'convention' },
    ],
  ])('is %s', async (_, given, expected) => {
    expect(await workloads(given)).toEqual(expected);
  });

  it.each([
    'checkout',
    'Deployment/checkout',
    'deployment/checkout',
    'deployments/checkout',
    'deploy/checkout',
    'pod/checkout-6d4cf56db6-abcde',
  ])('is found as shop/%s', async (name) => {
    expect((await why(`shop/${name}`, allowed, base, checkout)).sentence).toMatch(
      /^shop\/checkout-6d4cf56db6-abcde to/,
    );
  });

  it('that nobody has is answered by what was meant', async () => {
    const { err } = await runPostern(['why', 'shop/chekout', allowed, '-f', '-'], {
      stdin: [base, checkout].join('\n---\n'),
    });
    expect(err).toContain('did you mean checkout?');
  });

  it('says in every answer that its name was inferred', async () => {
    const policy =
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: stop, namespace: shop }\nspec: { podSelector: { matchLabels: { tier: back } }, policyTypes: [Egress] }';
    const inBack = checkout.replace('app: web,', 'app: web, tier: back,');
    const { found } = await verify(base, inBack, policy);
    expect(found.blocked).toMatchObject([{ workload: 'Deployment/checkout', workloadBy: 'convention' }]);
    const text = await runPostern(['matrix', '-f', '-'], { stdin: [base, checkout].join('\n---\n') });
    expect(text.out).toContain('are not at hand: shop/Deployment/checkout');
    expect((await why('shop/checkout', allowed, base, checkout)).restsOn.at(-1)).toContain(
      "inferred from its controller's naming convention",
    );
  });
});

describe('a pod that is on its way out, or not there yet', () => {
  const old = (metadata: string, status: string): string =>
    pod('old', undefined, '', status).replace('namespace: shop,', `namespace: shop, ${metadata},`);
  const deleted = "deletionTimestamp: '2026-11-28T13:00:00Z'";

  it.each([
    ['is being deleted', old(deleted, 'phase: Running, podIP: 10.20.1.71'), 'the pod is being deleted'],
    ['was evicted', old('uid: u', 'phase: Failed, reason: Evicted, podIP: 10.20.1.71'), 'the pod has been evicted'],
    ['has ended', old('uid: u', 'phase: Succeeded, podIP: 10.20.1.71'), 'the pod has ended (Succeeded)'],
    [
      'waits for a node',
      old(
        "creationTimestamp: '2026-11-28T13:00:00Z'",
        'phase: Pending, conditions: [{ type: PodScheduled, status: "False", reason: Unschedulable }]',
      ),
      'the pod has no address yet',
    ],
    ['waits for a node, and nobody says since when', old('uid: u', 'phase: Pending'), 'the pod has no address yet'],
  ])('and %s: that is the cause, and no inconsistency', async (_, given, cause) => {
    const { verdict, sentence } = await why('shop/old', allowed, base, given);
    expect([verdict, sentence]).toEqual(['Deny', expect.stringContaining(cause)]);
    expect((await verify(base, given)).code).toBe(0);
  });

  it('says that nothing tells which of two pods of one address is the newer', async () => {
    const twins = ['a', 'b'].map((name) => pod(name, undefined)).join('\n---\n');
    expect((await verify(base, twins)).found.unknown[0]?.reason).toContain('nothing says which of them is newer');
  });
});
