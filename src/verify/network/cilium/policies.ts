import { allOf, anyOf, triState } from '../../values/tri-state.ts';
import { readKind } from '../../values/objects.ts';
import type { NetworkCluster } from '../ends/cluster.ts';
import type { NetworkObjects } from '../objects.ts';
import { unreadablePolicy } from '../reading.ts';
import { rulesFor, unknownPolicy, type Policy, type Rule } from '../rules.ts';
import type { PodEnd } from '../ends/ends.ts';
import type { NamespacedRules } from '../kubernetes/policies.ts';
import { podLabelsIn, readIdentities, subjectsOf } from './labels.ts';
import { cidrGroupSchema, ciliumPolicySchema, type CiliumPolicy, type EgressRule, type Spec } from './objects.ts';
import { blocksOf, isPeer, type Context } from './peers.ts';
import { isOnPort, proxyDoubt } from './ports.ts';
import { isRefused } from './refused.ts';

/** A policy that may switch what no rule is about from open to denied. */
export interface IsolatingPolicy extends Policy {
  readonly isolates: boolean;
}

const namespacedKind = 'CiliumNetworkPolicy';
const clusterwideKind = 'CiliumClusterwideNetworkPolicy';

export function readCilium({ byKind }: NetworkObjects, cluster: NetworkCluster): readonly IsolatingPolicy[] {
  const groups = readKind(byKind, 'cilium.io/CiliumCIDRGroup', cidrGroupSchema, 'Cluster').objects;
  const identities = readIdentities();
  return [namespacedKind, clusterwideKind].flatMap((kind) => {
    const { objects, unreadable } = readKind(
      byKind,
      `cilium.io/${kind}`,
      ciliumPolicySchema,
      kind === clusterwideKind ? 'Cluster' : 'Namespaced',
    );
    return [
      ...objects.flatMap((object) => policiesOf(kind, object, { cluster, groups, identities })),
      ...unreadable.map((fault) => ({ ...unreadablePolicy(fault), isolates: false })),
    ];
  });
}

function policiesOf(
  kind: string,
  { name, namespace: given, specs }: CiliumPolicy,
  around: Omit<Context, 'namespace'>,
): readonly IsolatingPolicy[] {
  const clusterwide = kind === clusterwideKind;
  const namespace = clusterwide ? '' : given === '' ? 'default' : given;
  const id = clusterwide ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
  const refused = specs.map((spec) => isRefused(spec, clusterwide));
  if (refused.includes('yes')) return [];
  const context: Context = { ...around, namespace };
  return specs.map((spec): IsolatingPolicy => {
    const { endpointSelector, egress, egressDeny, ingress, ingressDeny, enableDefaultDeny } = spec;
    const isSubject = endpointSelector && subjectsOf(endpointSelector, context);
    const needs = endpointSelector ? podLabelsIn(endpointSelector) : [];
    const [speaksOfEgress, speaksOfIngress] = [
      egress.length + egressDeny.length > 0,
      ingress.length + ingressDeny.length > 0,
    ];
    const selectsPod: Policy['selects'] = (from) => triState(speaksOfEgress && isSubject?.(from) === true);
    const receives: Policy['selects'] = (to) => triState(speaksOfIngress && isSubject?.(to) === true);
    if (refused.includes('unknown')) {
      return {
        ...unknownPolicy(
          id,
          'has toNodes, which counts only where the agent runs with node selector labels',
          selectsPod,
        ),
        needs,
        receives,
        isolates: false,
      };
    }
    return {
      id,
      ...(clusterwide ? {} : { namespace }),
      needs,
      selects: selectsPod,
      receives,
      rules: rulesOf(spec, id, context),
      isolates: enableDefaultDeny?.egress !== false,
    };
  });
}

function rulesOf({ egress, egressDeny }: Spec, id: string, context: Context): readonly Rule[] {
  const rule = (action: Rule['action'], reason: string, one: EgressRule): Rule => ({
    action,
    object: id,
    reason,
    byNames: one.toFQDNs.length > 0,
    doubt: proxyDoubt(one),
    blocks: [...(one.toCIDR ?? []), ...(one.toCIDRSet ?? []).flatMap((block) => blocksOf(block, context))],
    matches: (from, to, wire) => allOf([isOnPort(one, to, wire), isPeer(one, from, to, context)]),
  });
  return [
    ...egressDeny.map((one) => rule('Deny', 'denies it', one)),
    ...egress.map((one) => {
      const { mode = 'disabled' } = one.authentication ?? {};
      if (mode !== 'disabled')
        return rule('Unknown', `lets it through once both ends have authenticated (mode ${mode})`, one);
      const proxied = one.toPorts.some(({ rules }) => rules !== undefined);
      return rule(
        'Allow',
        proxied
          ? 'lets it on to the layer 7 proxy, which judges the requests'
          : 'lets the destination through by one of its rules',
        one,
      );
    }),
  ];
}

/** The rules for one pod: denials before all else, whatever is narrower; at last the default, if a policy switches it. */
export function ciliumRules(policies: readonly IsolatingPolicy[], from: PodEnd): NamespacedRules {
  const selecting = policies.filter((policy) => policy.selects(from) !== 'no');
  const rules = selecting.flatMap((policy) => rulesFor(policy, from));
  const of = (action: Rule['action']): readonly Rule[] => rules.filter((rule) => rule.action === action);
  const isolating = selecting.filter(({ isolates }) => isolates);
  return {
    rules: [...of('Deny'), ...of('Unknown'), ...of('Allow')],
    isolation: isolating.map(({ id }) => ({
      action: 'Deny',
      object: id,
      reason: 'isolates the pod, and no rule lets the destination through',
      matches: (pod) => anyOf(isolating.map((policy) => policy.selects(pod))),
    })),
  };
}
