import { requiredLabels, selects } from '../../values/selector.ts';
import { allOf, anyOf, triState, type TriState } from '../../values/tri-state.ts';
import type { BlockScope } from '../ends/blocks.ts';
import type { End, PodEnd, Wire } from '../ends/ends.ts';
import { rulesFor, type Policy, type Rule } from '../rules.ts';
import type { NetworkPolicy, Peer, PolicyPort } from './objects.ts';
import { isOnPort, isPeer } from './peers.ts';

/** A NetworkPolicy by its rules for flows out of pods. */
export function egressOf(policy: NetworkPolicy, blocks: BlockScope): Policy {
  const { id, namespace, egress } = policy;
  return {
    id,
    namespace,
    needs: requiredLabels(policy.podSelector),
    selects: (from) => isSubject(policy, 'Egress', from),
    rules: egress.map(({ to: peers, ports }): Rule => {
      const matches: Rule['matches'] = (_, to, wire) =>
        allOf([isAmong(peers, namespace, to, blocks), isOnPorts(ports, wire, to)]);
      const reason = 'lets the destination through by one of its rules';
      return { action: 'Allow', object: id, reason, matches, blocks: blocksOf(peers) };
    }),
  };
}

/** The same for flows into pods: the pod that it selects is where the flow goes. */
export function ingressOf(policy: NetworkPolicy, blocks: BlockScope): Policy {
  const { id, namespace, ingress } = policy;
  return {
    id,
    namespace,
    needs: requiredLabels(policy.podSelector),
    selects: (to) => isSubject(policy, 'Ingress', to),
    rules: ingress.map(({ from: peers, ports }): Rule => {
      const matches: Rule['matches'] = (client, to, wire) =>
        allOf([isAmong(peers, namespace, client, blocks), isOnPorts(ports, wire, to)]);
      const reason = 'lets the client through by one of its rules';
      return { action: 'Allow', object: id, reason, matches, blocks: blocksOf(peers) };
    }),
  };
}

function isSubject(policy: NetworkPolicy, direction: 'Ingress' | 'Egress', { namespace, labels }: PodEnd): TriState {
  const { policyTypes, podSelector } = policy;
  return triState(policyTypes.includes(direction) && namespace === policy.namespace && selects(podSelector, labels));
}

function blocksOf(peers: readonly Peer[]): readonly string[] {
  return peers.flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...ipBlock.except] : []));
}

/** No peers are everybody, and no ports every port. */
function isAmong(peers: readonly Peer[], namespace: string, end: End, blocks: BlockScope): TriState {
  return peers.length === 0 ? 'yes' : anyOf(peers.map((peer) => isPeer(peer, namespace, end, blocks)));
}

function isOnPorts(ports: readonly PolicyPort[], wire: Wire, server: End): TriState {
  return ports.length === 0 ? 'yes' : anyOf(ports.map((port) => isOnPort(port, wire, server)));
}

/** Rules that let a pod out or in, and the isolation that is left where none of them does. */
export interface NamespacedRules {
  readonly rules: readonly Rule[];
  readonly isolation: readonly Rule[];
}

/** Policies add up: one rule that lets a flow through is enough, and a pod that one of them selects is isolated. */
export function namespacedRules(
  policies: readonly Policy[],
  pod: PodEnd,
  whom: 'destination' | 'client',
): NamespacedRules {
  const selecting = policies.filter((policy) => policy.selects(pod) !== 'no');
  const rules = selecting.flatMap((policy) => rulesFor(policy, pod));
  const isUnknown = ({ action }: Rule): boolean => action === 'Unknown';
  const reason = `isolates the pod, and no rule lets the ${whom} through`;
  return {
    rules: [...rules.filter((rule) => !isUnknown(rule)), ...rules.filter(isUnknown)],
    isolation: selecting.map((policy) => ({
      action: 'Deny',
      object: policy.id,
      reason,
      matches: () => policy.selects(pod),
    })),
  };
}
