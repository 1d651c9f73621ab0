/** A kind of object that network plugins go by, as the API server serves it. */
export interface NetworkKind {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  /** The newest first. */
  readonly versions: readonly string[];
  readonly namespaced: boolean;
}

function kinds(
  group: string,
  versions: readonly string[],
  namespaced: boolean,
  names: Readonly<Record<string, string>>,
): readonly NetworkKind[] {
  return Object.entries(names).map(([kind, plural]) => ({ group, kind, plural, versions, namespaced }));
}

const calico = (group: string, versions: readonly string[]): readonly NetworkKind[] => [
  ...kinds(group, versions, true, { NetworkPolicy: 'networkpolicies', NetworkSet: 'networksets' }),
  ...kinds(group, versions, false, {
    GlobalNetworkPolicy: 'globalnetworkpolicies',
    GlobalNetworkSet: 'globalnetworksets',
    HostEndpoint: 'hostendpoints',
    Tier: 'tiers',
  }),
];

/**
 * Every kind of network policy, and what policies refer to. The one list of them: what files and the API server are asked
 * for, what the rights in deploy/ are compared with, and what the readings beside this file take.
 */
export const networkKinds: readonly NetworkKind[] = [
  ...kinds('networking.k8s.io', ['v1'], true, { NetworkPolicy: 'networkpolicies' }),
  ...kinds('policy.networking.k8s.io', ['v1beta1', 'v1alpha2', 'v1alpha1'], false, {
    ClusterNetworkPolicy: 'clusternetworkpolicies',
  }),
  ...kinds('policy.networking.k8s.io', ['v1alpha1'], false, {
    AdminNetworkPolicy: 'adminnetworkpolicies',
    BaselineAdminNetworkPolicy: 'baselineadminnetworkpolicies',
  }),
  ...kinds('cilium.io', ['v2'], true, {
    CiliumLocalRedirectPolicy: 'ciliumlocalredirectpolicies',
    CiliumNetworkPolicy: 'ciliumnetworkpolicies',
  }),
  ...kinds('cilium.io', ['v2'], false, { CiliumClusterwideNetworkPolicy: 'ciliumclusterwidenetworkpolicies' }),
  ...kinds('cilium.io', ['v2', 'v2alpha1'], false, { CiliumCIDRGroup: 'ciliumcidrgroups' }),
  ...calico('projectcalico.org', ['v3']),
  ...calico('crd.projectcalico.org', ['v1']),
  ...kinds('crd.antrea.io', ['v1beta1'], true, { NetworkPolicy: 'networkpolicies', Group: 'groups' }),
  ...kinds('crd.antrea.io', ['v1beta1'], false, {
    ClusterNetworkPolicy: 'clusternetworkpolicies',
    ClusterGroup: 'clustergroups',
    Tier: 'tiers',
  }),
  ...kinds('networking.k8s.aws', ['v1alpha1'], true, {
    ApplicationNetworkPolicy: 'applicationnetworkpolicies',
    PolicyEndpoint: 'policyendpoints',
  }),
  ...kinds('networking.k8s.aws', ['v1alpha1'], false, { ClusterNetworkPolicy: 'clusternetworkpolicies' }),
  ...kinds('networking.gke.io', ['v1alpha1'], true, { FQDNNetworkPolicy: 'fqdnnetworkpolicies' }),
  ...kinds('k8s.ovn.org', ['v1'], true, { EgressFirewall: 'egressfirewalls' }),
  ...kinds('network.openshift.io', ['v1'], true, { EgressNetworkPolicy: 'egressnetworkpolicies' }),
];

/** `group/Kind` */
export const networkKindIds: ReadonlySet<string> = new Set(networkKinds.map(({ group, kind }) => `${group}/${kind}`));

/** Kinds of network policies by their names, and that of NSX. Calico's staged ones are in force nowhere. */
const policyNames = [
  /\/(?!Staged)\w*(NetworkPolicy|EgressFirewall|SecurityGroupPolicy)$/,
  /(^|\.)nsx\.vmware\.com\/SecurityPolicy$/,
];

/** Kinds that let out or stop what leaves pods under other names: of meshes, of network plugins, of agents on nodes. */
const othersByName: ReadonlySet<string> = new Set([
  'policy.linkerd.io/EgressNetwork',
  'kuma.io/MeshPassthrough',
  'kubeovn.io/SecurityGroup',
  'security.kubearmor.com/KubeArmorPolicy',
  'security.kubearmor.com/KubeArmorClusterPolicy',
  'neuvector.com/NvSecurityRule',
  'neuvector.com/NvClusterSecurityRule',
]);

/** What controllers make of policies for themselves: Antrea for its agents, Rancher for its NetworkPolicies. */
const derived: ReadonlySet<string> = new Set([
  'controlplane.antrea.io/NetworkPolicy',
  'management.cattle.io/ProjectNetworkPolicy',
]);

/** A kind that decides who leaves, or is called as if it did, and is in no list here. */
export function isStrangePolicy(id: string): boolean {
  const isOne = othersByName.has(id) || policyNames.some((name) => name.test(id));
  return isOne && !networkKindIds.has(id) && !derived.has(id);
}

/** Kinds whose objects are about pods of other namespaces than their own, too. */
export const beyondNamespaces: ReadonlySet<string> = new Set([
  'policy.linkerd.io/EgressNetwork',
  'kuma.io/MeshPassthrough',
]);
