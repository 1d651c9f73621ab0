import { describe, expect, it } from 'vitest';
import { MemoryObjects } from '../../../kit/kubernetes/testing/memory-objects.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { ObjectKind } from '../../adapter/kubernetes-objects.ts';
import { aPod, aSnapshot } from '../../../test/kit/builders.ts';
import { withUnfollowed } from '../../layers/unfollowed-sources.ts';
import { egressAddressesIn } from '../../verify/egress-addresses/objects.ts';
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
const networkPolicies = kind('networking.k8s.io', 'NetworkPolicy', 'networkpolicies');
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

  it('may exist where listing fails otherwise: a server of others that is away does not end the answer', async () => {
    const cluster = serving(ofPods, ofFences);
    put(cluster, ofPods, 'shop', { podSelector: { matchLabels: { app: 'web' } } });
    cluster.onCall = ({ kind: name }) => {
      if (name === ofFences.kind)
        throw new AdapterError('busy', 'the server is currently unable to handle the request');
    };
    expect(await asked(cluster, 'hr')).toBe('unknown FenceNetworkPolicy/*');
    const told = JSON.stringify(await meshObjects(cluster, []));
    expect(told).toContain('does not list it (the server is currently unable to handle the request); ask again');
  });

  it('are an error where kinds that are modelled cannot be listed: half of them would be taken for all', async () => {
    const cluster = serving(networkPolicies, ofPods);
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

describe('objects on a cluster that give pods addresses of which no point is told', () => {
  const ofNetworks = kind('network.openshift.io', 'NetNamespace', 'netnamespaces', false);
  const ofRoutes = kind('k8s.ovn.org', 'AdminPolicyBasedExternalRoute', 'adminpolicybasedexternalroutes', false);
  const web = aPod({ namespace: 'shop' });
  /** Which of them take a pod of a namespace. */
  const taking = async (cluster: MemoryObjects): Promise<readonly string[]> => {
    const snapshot = withUnfollowed(aSnapshot({ pods: [web] }), await meshObjects(cluster, []));
    const objects = (snapshot.egressSources ?? []).map(({ object }) => object);
    return egressAddressesIn(objects, snapshot).flatMap(({ id, takes }) => (takes(web, {}) ? [id] : []));
  };

  it('are found by what the API server serves, without a policy of any kind', async () => {
    const cluster = new MemoryObjects([ofNetworks, ofRoutes]);
    for (const netname of ['shop', 'hr']) {
      const object = { apiVersion: 'network.openshift.io/v1', kind: 'NetNamespace', metadata: { name: netname } };
      cluster.put({ ...object, netname, egressIPs: ['192.0.2.9'] });
    }
    put(cluster, ofRoutes, '', { from: { namespaceSelector: { matchLabels: { team: 'other' } } } });
    expect(await taking(cluster)).toEqual(['NetNamespace/shop']);
  });

  it('may take any pod where they cannot be listed', async () => {
    const cluster = new MemoryObjects([ofNetworks, ofRoutes]);
    cluster.onCall = ({ kind: name }) => {
      if (name === ofNetworks.kind) throw new AdapterError('forbidden', 'netnamespaces is forbidden');
      if (name === ofRoutes.kind) throw new AdapterError('busy', 'conversion webhook failed');
    };
    expect(await taking(cluster)).toEqual([
      'any NetNamespace that may exist (the cluster refuses to list it; permit `list` of netnamespaces.network.openshift.io to see whether there are any)',
      'any AdminPolicyBasedExternalRoute that may exist (the cluster does not list it (conversion webhook failed); ask again to see whether there are any)',
    ]);
  });

  it('count once where files have told of them already', async () => {
    const cluster = new MemoryObjects([ofRoutes]);
    put(cluster, ofRoutes, '', { from: { namespaceSelector: {} } });
    const objects = await meshObjects(cluster, []);
    const once = withUnfollowed(aSnapshot(), objects);
    expect(once.egressSources).toHaveLength(1);
    expect(withUnfollowed(once, objects)).toBe(once);
  });
});
