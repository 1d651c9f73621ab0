import { NetworkSet } from '../../../net/network-set.ts';
import { calicoAlternatives, mostAlternatives } from '../../select/calico-selector.ts';
import {
  conjoinRequirements,
  requirementsMatch,
  type Requirement,
  type Requirements,
} from '../../select/requirements.ts';
import { labelsOfNamespace, nameLabel, subjectOf, type Subject } from '../../select/subject.ts';
import type { GatewayPolicy, GatewayRule, Labels } from '../../model/snapshot.ts';

/** A way out through gateways, for the destinations that take it. */
export interface Way {
  /** Undefined: every destination. */
  readonly area: NetworkSet | undefined;
  /** The pods of the gateway; empty: there is none, or nobody can tell which. */
  readonly gateways: readonly Subject[];
}

/** Of the rules that hold an address the one of the longest prefix counts, and one without a gateway leads past all of them. */
export function waysOf({ rules }: GatewayPolicy): readonly Way[] {
  return rules.flatMap(({ destination, gateway }): readonly Way[] => {
    if (gateway === undefined) return [];
    const whole = NetworkSet.of([destination]);
    const within = rules
      .map((other) => NetworkSet.of([other.destination]))
      .filter((other) => whole.covers(other) && !other.covers(whole));
    const area = within.reduce((rest, one) => rest.without(one), whole);
    return area.isEmpty ? [] : [{ area, gateways: gatewaySubjects(gateway) }];
  });
}

/** @param home the namespace that is meant where none is selected; undefined: none is, then */
export function gatewaySubjects(
  { selector, namespaceSelector }: NonNullable<GatewayRule['gateway']>,
  home?: string,
): readonly Subject[] {
  if (selector === '') return [];
  const pods = calicoAlternatives(selector);
  const namespaces = namespaceSelector === '' ? [[]] : calicoAlternatives(namespaceSelector);
  const isLocal = namespaceSelector === '';
  if (!pods || !namespaces || (isLocal && home === undefined)) return [];
  if (pods.length * namespaces.length > mostAlternatives) return [];
  const parts = pods.flatMap((one) => namespaces.map((other) => subjectIn(one, other, isLocal ? home : undefined)));
  // Half of the gateways would be taken for all.
  return parts.includes('unknown') ? [] : parts.filter((part): part is Subject => typeof part === 'object');
}

/** What Calico calls names of namespaces, among the labels of pods and of namespaces. */
const nameInPods = 'projectcalico.org/namespace';
const nameInNamespaces = 'projectcalico.org/name';

/** Before the labels of its namespace, which Calico gives a pod as well. */
const ofNamespace = 'pcns.';

/** The same of every pod. */
const constants: Labels = { 'projectcalico.org/orchestrator': 'k8s' };

/** Labels that Calico alone gives, for the ServiceAccount and others: no object has them. */
const foreign = /^(?:projectcalico\.org\/|pcns\.|pcsa\.)/;

/** Undefined: nothing can be both. */
function subjectIn(
  pods: Requirements,
  namespaces: Requirements,
  home: string | undefined,
): Subject | 'unknown' | undefined {
  const isConstant = ({ key }: Requirement): boolean => Object.hasOwn(constants, key);
  if (!requirementsMatch(pods.filter(isConstant), constants)) return undefined;
  const isAbout = ({ key }: Requirement): boolean => key === nameInPods || key.startsWith(ofNamespace);
  const own = pods.filter((one) => !isAbout(one) && !isConstant(one));
  const asked = [...pods.filter(isAbout), ...namespaces].map(ofNamespaces);
  const within = asked.reduce<Requirements | undefined>((all, one) => all && conjoinRequirements(all, [one]), []);
  if (within === undefined) return undefined;
  if ([...own, ...within].some(({ key }) => foreign.test(key))) return 'unknown';
  const rest = { pods: own, serviceAccounts: undefined };
  if (home === undefined) return subjectOf({ namespace: undefined, namespaces: within, ...rest });
  if (within.some(({ key }) => key !== nameLabel)) {
    const there = conjoinRequirements(within, [{ key: nameLabel, absent: false, values: [home], complement: false }]);
    return there && subjectOf({ namespace: undefined, namespaces: there, ...rest });
  }
  if (!requirementsMatch(within, labelsOfNamespace(home))) return undefined;
  return subjectOf({ namespace: home, namespaces: [], ...rest });
}

/** What a requirement about a pod's namespace, or about a namespace, says of the labels of Kubernetes. */
function ofNamespaces(requirement: Requirement): Requirement {
  const { key: whole } = requirement;
  const key = whole.startsWith(ofNamespace) ? whole.slice(ofNamespace.length) : whole;
  return { ...requirement, key: key === nameInPods || key === nameInNamespaces ? nameLabel : key };
}
