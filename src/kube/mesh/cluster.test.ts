import { describe, expect, it } from 'vitest';
import { MemoryObjects } from '../../../kit/kubernetes/testing/memory-objects.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { ObjectKind } from '../../adapter/kubernetes-objects.ts';
import { readNetwork } from '../../verify/network/network.ts';
import { groupByKind } from '../../verify/values/objects.ts';
import { meshObjects } from './cluster.ts';
import { referencedKinds } from './kinds.ts';

/* Kinds of policies that nobody here has heard of, on a cluster that serves them. */

function kind(group: string, name: string, plural: string, namespaced = true): ObjectKind {
  return { group, kind: name, plural, versions: ['v1'], namespaced };
}

const ofPods = kind('vpcresources.k8s.aws', 'SecurityGroupPolicy', 'securitygrouppolicies');
const ofFences = kind('fences.example.com', 'FenceNetworkPolicy', 'fencenetworkpolicies', false);
const ofLinkerd = kind('policy.linkerd.io', 'EgressNetwork', 'egressnetworks');
const others = [
  kind('controlplane.antrea.io', 'NetworkPolicy', 'networkpolicies'),
  kind('management.cattle.io', 'ProjectNetworkPolicy', 'projectnetworkpolicies'),
  kind('projectcalico.org', 'StagedGlobalNetworkPolicy', 'stagedglobalnetworkpolicies', false),
  kind('gateway.envoyproxy.io', 'SecurityPolicy', 'securitypolicies'),
  kind('ec2.services.k8s.aws', 'SecurityGroup', 'securitygroups'),
];

function serving(...strange: readonly ObjectKind[]): MemoryObjects {
  return new MemoryObjects([...referencedKinds, ...strange]);
}

function put(cluster: MemoryObjects, { group, kind: name }: ObjectKind, namespace: string, spec: object): void {
  const metadata = { name: 'one', ...(namespace !== '' && { namespace }) };
  cluster.put({ apiVersion: `${group}/v1`, kind: name, metadata, spec });
}

/** What becomes of a flow out of a pod of a namespace: `unknown SecurityGroupPolicy/shop/one`. */
async function asked(cluster: MemoryObjects, namespace: string, labels = {}): Promise<string> {
  const byKind = groupByKind(await meshObjects(cluster, []));
  const network = readNetwork({ byKind, namespaces: [{ name: namespace, labels: {} }], pods: [], nodes: [] });
  const from = network.podEnd({ namespace, labels, addresses: ['10.1.0.7'], namedPorts: {} });
  const to = { kind: 'outside', host: undefined, address: '203.0.113.9', names: [] } as const;
  const { allowed, object } = network.connects(from, to, { port: 443, protocol: 'TCP', service: undefined });
  return `${allowed} ${object}`.trim();
}

describe('policies of kinds that are not modelled, on a cluster', () => {
  it('are found by what the API server serves, and are about the pods that they select', async () => {
    const cluster = serving(ofPods, ofFences);
    put(cluster, ofPods, 'shop', { podSelector: { matchLabels: { app: 'web' } } });
    expect(await asked(cluster, 'shop', { app: 'web' })).toBe('unknown SecurityGroupPolicy/shop/one');
    expect(await asked(cluster, 'shop', { app: 'db' })).toBe('yes');
    expect(await asked(cluster, 'hr', { app: 'web' })).toBe('yes');
    put(cluster, ofFences, '', {});
    expect(await asked(cluster, 'hr', { app: 'web' })).toBe('unknown FenceNetworkPolicy/one');
  });

  it('are about every namespace where their home may be the global one', async () => {
    const cluster = serving(ofLinkerd);
    put(cluster, ofLinkerd, 'linkerd-egress', { trafficPolicy: 'Deny' });
    expect(await asked(cluster, 'shop')).toBe('unknown EgressNetwork/linkerd-egress/one');
  });

  it('may exist where the kind is served and may not be listed', async () => {
    const cluster = serving(ofPods, ofFences);
    cluster.onCall = ({ kind: name }) => {
      if (name === ofPods.kind) throw new AdapterError('forbidden', 'securitygrouppolicies is forbidden');
    };
    expect(await asked(cluster, 'shop')).toBe('unknown SecurityGroupPolicy/*');
    const [one] = await meshObjects(cluster, []);
    expect(one).toMatchObject({ resource: 'securitygrouppolicies.vpcresources.k8s.aws' });
  });

  it('are an error where listing fails otherwise', async () => {
    const cluster = serving(ofPods);
    cluster.onCall = () => {
      throw new AdapterError('transient', 'the API server does not answer');
    };
    await expect(meshObjects(cluster, [])).rejects.toThrow('does not answer');
  });

  it('are not what controllers make for themselves, what is only staged, or what is no policy of pods', async () => {
    const cluster = serving(...others);
    for (const one of others) put(cluster, one, one.namespaced ? 'shop' : '', {});
    expect(await asked(cluster, 'shop')).toBe('yes');
    expect(await meshObjects(cluster, [])).toEqual([]);
  });
});
