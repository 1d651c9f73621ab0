import type { PodFact, PolicyFact, RuleFact, World } from './foreign-world.ts';

/*
 * One packet at a time, by what the documentation of each API says, in the plainest code there is:
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/, https://network-policy-api.sigs.k8s.io,
 * https://docs.cilium.io/en/stable/security/policy/, https://docs.tigera.io/calico/latest/reference/resources/tier,
 * https://antrea.io/docs/main/docs/antrea-network-policy/. It knows nothing of what it judges with.
 */

export interface Packet {
  readonly pod: PodFact;
  readonly address: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
}

/** `unclear`: documentation and implementation differ. */
export type Fate = 'out' | 'stopped' | 'unclear';

type Said = 'Allow' | 'Deny' | 'Pass' | 'nothing';

export function fateOf({ plugin, policies, secEnd }: World, packet: Packet): Fate {
  // A node's own traffic belongs to no policy that selects pods.
  if (packet.pod.hostNetwork) return 'out';
  const mine = policies.filter((policy) => isFor(policy, packet.pod));
  const kind = (wanted: PolicyFact['kind'], tier?: string): PolicyFact[] =>
    mine
      .filter((one) => one.kind === wanted && (tier === undefined || one.tier === tier))
      .sort((a, b) => a.order - b.order);
  const namespaced = kind('NetworkPolicy');
  const own = kind('own');
  const admin = (): Said => first(kind('ClusterNetworkPolicy', 'Admin'), packet);
  const baseline = (): Fate => (first(kind('ClusterNetworkPolicy', 'Baseline'), packet) === 'Deny' ? 'stopped' : 'out');
  const permits = (policy: PolicyFact): boolean =>
    policy.rules.some((rule) => rule.action === 'Allow' && hits(rule, packet));

  if (plugin === 'Calico') return calico();
  if (plugin === 'Antrea') return antrea();
  const above = admin();
  if (above === 'Allow') return 'out';
  if (above === 'Deny') return 'stopped';
  if (plugin === 'Cilium') return cilium();
  if (namespaced.length > 0) return namespaced.some(permits) ? 'out' : 'stopped';
  return baseline();

  function cilium(): Fate {
    const denied = own.some(({ rules }) => rules.some((rule) => rule.action === 'Deny' && hits(rule, packet)));
    if (denied) return 'stopped';
    if ([...own, ...namespaced].some(permits)) return 'out';
    const isolated = namespaced.length > 0 || own.some(({ isolates }) => isolates);
    // Beneath an isolating policy Cilium 1.20 asks the Baseline tier all the same, and the API says that it does not.
    if (isolated) return kind('ClusterNetworkPolicy', 'Baseline').length > 0 ? 'unclear' : 'stopped';
    return baseline();
  }

  function calico(): Fate {
    const security = kind('own', 'sec');
    const said = first(security, packet);
    if (said === 'Allow') return 'out';
    if (said === 'Deny') return 'stopped';
    if (said === 'nothing' && security.length > 0 && secEnd === 'Deny') return 'stopped';
    // Tier kube-admin has order 1000, and `sec` 100.
    const above = admin();
    if (above === 'Allow') return 'out';
    if (above === 'Deny') return 'stopped';
    // NetworkPolicies have order 1000, which all of the others come before.
    const inDefault = kind('own', 'default');
    const next = first(inDefault, packet);
    if (next === 'Allow') return 'out';
    if (next === 'Deny') return 'stopped';
    if (next === 'nothing') {
      if (namespaced.some(permits)) return 'out';
      if (inDefault.length + namespaced.length > 0) return 'stopped';
    }
    return baseline();
  }

  function antrea(): Fate {
    // The Admin tier of the upstream API stands between platform (200) and application (250).
    for (const said of [
      (): Said => first(kind('own', 'emergency'), packet),
      (): Said => first(kind('own', 'platform'), packet),
      admin,
      (): Said => first(kind('own', 'application'), packet),
    ].map((ask) => ask())) {
      if (said === 'Allow') return 'out';
      if (said === 'Deny') return 'stopped';
      if (said === 'Pass') break;
    }
    if (namespaced.length > 0) return namespaced.some(permits) ? 'out' : 'stopped';
    const last = first(kind('own', 'baseline'), packet);
    const shared = first(kind('ClusterNetworkPolicy', 'Baseline'), packet);
    const both = [last, shared].filter((one) => one !== 'nothing');
    if (new Set(both).size > 1) return 'unclear';
    return both[0] === 'Deny' ? 'stopped' : 'out';
  }
}

/** The first rule of the first policy that is about the packet. */
function first(policies: readonly PolicyFact[], packet: Packet): Said {
  for (const { rules } of policies) for (const rule of rules) if (hits(rule, packet)) return rule.action;
  return 'nothing';
}

function isFor({ subject: { namespace, app } }: PolicyFact, pod: PodFact): boolean {
  return (namespace === undefined || namespace === pod.namespace) && (app === undefined || app === pod.app);
}

function hits({ blocks, except, ports }: RuleFact, { address, protocol, port }: Packet): boolean {
  const isThere = blocks.some((block) => covers(block, address)) && (except === undefined || !covers(except, address));
  const isOn =
    ports.length === 0 || ports.some((one) => one.protocol === protocol && one.from <= port && port <= one.to);
  return isThere && isOn;
}

/** `203.0.113.128/25` and `203.0.113.200`, bit by bit. */
export function covers(block: string, address: string): boolean {
  const [network = '', length = '32'] = block.split('/');
  const bits = (text: string): string =>
    text
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  return bits(address).startsWith(bits(network).slice(0, Number(length)));
}
