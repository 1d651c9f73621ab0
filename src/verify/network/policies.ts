import { readKind, type Unreadable } from '../values/objects.ts';
import { readAntrea, type AntreaPolicies } from './antrea/policies.ts';
import type { BlockScope } from './ends/blocks.ts';
import { inSetsOf } from './calico/peers.ts';
import { readCalico, type CalicoPolicies } from './calico/tiers.ts';
import { readCilium, type IsolatingPolicy } from './cilium/policies.ts';
import { readNodePolicies, readRedirects } from './cilium/beside.ts';
import type { NetworkCluster } from './ends/cluster.ts';
import { networkPolicySchema } from './kubernetes/objects.ts';
import { egressOf, ingressOf } from './kubernetes/policies.ts';
import type { NetworkObjects } from './objects.ts';
import { readAws } from './others/aws.ts';
import { readGke } from './others/gke.ts';
import { readMultiNetworkPolicies, readStrangers } from './others/strangers.ts';
import { readOpenShift } from './others/openshift.ts';
import { pluginsIn, type Plugin } from './plugin.ts';
import { mayBeAboutIngress, unreadablePolicy } from './reading.ts';
import { inDoubt, unknownPolicy, type Policy } from './rules.ts';
import { readClusterPolicies, type ClusterPolicies } from './upstream/cluster-policies.ts';

/** Every policy of every kind in the common form. */
export interface Policies {
  /** Undefined: it is not known. */
  readonly plugin: Plugin | undefined;
  readonly networkPolicies: readonly Policy[];
  readonly upstream: ClusterPolicies;
  readonly cilium: readonly IsolatingPolicy[];
  readonly calico: CalicoPolicies;
  readonly antrea: AntreaPolicies;
  /** Of which nobody knows what they do, or whether anything goes by them. */
  readonly doubtful: readonly Policy[];
  /** What binds pods on the network of their node. */
  readonly ofNodes: readonly Policy[];
  /** What binds pods on networks beside the pod network. */
  readonly ofAttachments: readonly Policy[];
  /** What takes away from all of these. */
  readonly firewalls: readonly Policy[];
  /** Rules about flows into pods. */
  readonly ingress: readonly Policy[];
}

/** Do blocks of addresses take in pods and nodes? */
const blocksOf: Readonly<Record<Plugin, BlockScope>> = {
  Cilium: 'outside',
  Calico: 'everything',
  Antrea: 'everything',
  'OVN-Kubernetes': 'everything',
};

export function readPolicies(objects: NetworkObjects, cluster: NetworkCluster): Policies {
  const { byKind } = objects;
  const found = objects.plugin === undefined ? pluginsIn(byKind) : [objects.plugin];
  const plugin = found.length === 1 ? found[0] : undefined;
  const blocks = plugin === undefined ? 'unknown' : blocksOf[plugin];
  const cilium = readCilium(objects, cluster);
  const calico = readCalico(objects, cluster);
  const antrea = readAntrea(objects, cluster);
  const { objects: own, unreadable } = readKind(byKind, 'networking.k8s.io/NetworkPolicy', networkPolicySchema);
  const names = new Set(own.map(({ namespace, name }) => `${namespace}/${name}`));
  const upstream = readClusterPolicies(objects, {
    blocks,
    domainNames:
      plugin === undefined || plugin === 'OVN-Kubernetes' ? 'unknown' : plugin === 'Calico' ? 'dropped' : 'known',
    ...(plugin === 'Calico' && { alsoInNamespaces: (end, isMeant) => inSetsOf(calico.sets, cluster, end, isMeant) }),
  });
  const strangers = [
    ...(plugin === 'Cilium' ? [] : cilium),
    ...(plugin === 'Calico' ? [] : [...calico.policies, ...calico.unreadable]),
    ...(plugin === 'Antrea' ? [] : [...antrea.policies, ...antrea.unplaced]),
  ].map(({ id, selects, ...policy }) => ({
    ...unknownPolicy(id, 'belongs to a network plugin that may not be installed', selects),
    ...scopeOf(policy),
  }));
  const older = plugin === 'Cilium' || plugin === 'Calico' ? [...upstream.olderAdmin, ...upstream.olderBaseline] : [];
  return {
    plugin,
    networkPolicies: [
      ...own.map((policy) => egressOf(policy, blocks)),
      ...unreadable.map(unreadablePolicy),
      ...readGke(objects),
    ],
    upstream: older.length === 0 ? upstream : { ...upstream, olderAdmin: [], olderBaseline: [] },
    cilium: plugin === 'Cilium' ? cilium : [],
    calico,
    antrea,
    doubtful: [
      ...strangers,
      ...older.map((policy) => inDoubt(policy, `and newer releases of ${plugin ?? ''} do not go by this kind`)),
      ...upstream.unreadable,
      ...readStrangers(objects),
      ...readRedirects(objects),
      ...readAws(objects, (namespace, name) => names.has(`${namespace}/${name}`)),
    ],
    ofNodes: [...readNodePolicies(objects), ...calico.ofNodes, ...antrea.ofNodes],
    ofAttachments: readMultiNetworkPolicies(objects),
    firewalls: readOpenShift(objects),
    ingress: [
      ...own.map((policy) => ingressOf(policy, blocks)),
      ...unreadable.filter(mayBeAboutIngress).map(ingressOfUnreadable),
      ...[...cilium, ...calico.policies, ...antrea.policies].flatMap(unmodelledIngress),
      ...[...upstream.admin, ...upstream.baseline, ...upstream.olderAdmin].flatMap(unmodelledIngress),
    ],
  };
}

/** Without the policies for flows out of pods that are none of these. */
export function only(policies: Policies, selected: ReadonlySet<Policy>): Policies {
  const own = <P extends Policy>(all: readonly P[]): readonly P[] => all.filter((policy) => selected.has(policy));
  const { networkPolicies, upstream, cilium, calico, antrea, doubtful, firewalls } = policies;
  return {
    ...policies,
    networkPolicies: own(networkPolicies),
    upstream: {
      ...upstream,
      admin: own(upstream.admin),
      baseline: own(upstream.baseline),
      olderAdmin: own(upstream.olderAdmin),
      olderBaseline: own(upstream.olderBaseline),
    },
    cilium: own(cilium),
    calico: { ...calico, policies: own(calico.policies), unreadable: own(calico.unreadable) },
    antrea: { ...antrea, policies: own(antrea.policies), unplaced: own(antrea.unplaced) },
    doubtful: own(doubtful),
    firewalls: own(firewalls),
  };
}

function unmodelledIngress({ id, receives, ...policy }: Policy): readonly Policy[] {
  if (receives === undefined) return [];
  return [{ ...unknownPolicy(id, 'has rules of ingress, which are not modelled', receives), ...scopeOf(policy) }];
}

function scopeOf({ namespace, needs }: Pick<Policy, 'namespace' | 'needs'>): Pick<Policy, 'namespace' | 'needs'> {
  return { ...(namespace !== undefined && { namespace }), ...(needs && { needs }) };
}

function ingressOfUnreadable(fault: Unreadable): Policy {
  return unknownPolicy(fault.id, `cannot be read (${fault.message})`, (pod) =>
    fault.namespace === pod.namespace ? 'yes' : 'no',
  );
}
