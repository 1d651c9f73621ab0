import { z } from 'zod';
import type { Labels, Pod, Snapshot } from '../../core/model/snapshot.ts';
import { parseCidr } from '../../net/cidr.ts';
import { labelsOfPod } from '../network/calico/peers.ts';
import { labelsAskedIn, parseSelector, namespaceKey } from '../network/calico/selector.ts';
import { clusterScoped, list, maybe, text } from '../values/fields.ts';
import { readKind, type ObjectsByKind } from '../values/objects.ts';
import type { PodTest } from './egress-address.ts';

/*
 * Calico's gateways are pods, chosen by annotations of pods and namespaces
 * (https://docs.tigera.io/calico-enterprise/latest/networking/egress/egress-gateway-on-prem).
 */

/** How pods leave that choose alike. */
export interface GatewayWay {
  /** `annotation egress.projectcalico.org/selector "egress == 'red'" of Namespace/shop` */
  readonly id: string;
  /** Do pods themselves say which these are, so that it is whoever made them who says it? */
  readonly byPods: boolean;
  /** Empty: Calico lets nothing out, for there is no such policy. */
  readonly rules: readonly GatewayRule[];
}

export interface GatewayRule {
  /** Undefined: wherever to. */
  readonly cidr: string | undefined;
  /** The pods of the gateway. `past`: it leads past all gateways. `unknown`: nobody can tell which they are. */
  readonly leads: PodTest | 'past' | 'unknown';
}

/** An empty one is none. */
const some = maybe(text).transform((value) => (value === '' ? undefined : value));
const written = maybe(z.object({ selector: some, namespaceSelector: some }));
const gatewayPolicy = clusterScoped(
  'EgressGatewayPolicy',
  z.object({ rules: list(z.object({ destination: maybe(z.object({ cidr: some })), gateway: written })) }),
);
type WrittenRule = z.output<typeof gatewayPolicy>['rules'][number];

/** Undefined of a pod: it chooses no gateway, nor does its namespace for it. */
export function gatewayWays(
  byKind: ObjectsByKind,
  { namespaces }: Pick<Snapshot, 'namespaces'>,
): (pod: Pick<Pod, 'namespace' | 'egressGateway' | 'hostNetwork'>) => GatewayWay | undefined {
  const policies = policiesIn(byKind);
  const ofNamespace = new Map(namespaces.map(({ name, egressGateway }) => [name, egressGateway]));
  const known = new Map<string, GatewayWay>();
  return ({ namespace, egressGateway: own = {}, hostNetwork }) => {
    if (hostNetwork) return undefined;
    const shared = ofNamespace.get(namespace) ?? {};
    const found = chosen(own, shared, policies);
    if (found === undefined) return undefined;
    const whose = found.said === own ? `pods in ${namespace}` : `Namespace/${namespace}`;
    const id = `annotation ${found.what} of ${whose}`;
    const byPods = found.said === own && found.policy === undefined;
    const way = known.get(id) ?? { id, byPods, rules: rulesOf(found, namespace, policies) };
    known.set(id, way);
    return way;
  };
}

/** Networks to which rules of policies lead, or past which. */
export function gatewayNetworks(byKind: ObjectsByKind): readonly string[] {
  const rules = [...policiesIn(byKind).values()].flatMap((one) => (one === 'unreadable' ? [] : one));
  return rules.flatMap(({ destination }) => (parseCidr(destination?.cidr ?? '') ? [destination?.cidr ?? ''] : []));
}

interface Chosen {
  readonly said: Labels;
  readonly what: string;
  readonly policy?: string;
}

const prefix = 'egress.projectcalico.org';

/** The policy of a pod goes before that of its namespace, and both before selectors, the pod's own first. */
function chosen(own: Labels, shared: Labels, policies: Policies): Chosen | undefined {
  const naming = [own, shared].filter(({ egressGatewayPolicy }) => egressGatewayPolicy);
  const named = naming.find(({ egressGatewayPolicy = '' }) => policies.has(egressGatewayPolicy)) ?? naming[0];
  if (named !== undefined) {
    const { egressGatewayPolicy: policy = '' } = named;
    return { said: named, policy, what: `${prefix}/egressGatewayPolicy ${quoted(policy)}` };
  }
  const said = [own, shared].find(({ selector, namespaceSelector }) => selector ?? namespaceSelector);
  if (said === undefined) return undefined;
  const { selector = '', namespaceSelector = '' } = said;
  return {
    said,
    what: `${prefix}/selector ${quoted(selector)}${namespaceSelector && ` in ${quoted(namespaceSelector)}`}`,
  };
}

/** Whoever makes a pod writes its annotations: none ends a line or a quotation of ours. */
function quoted(written: string): string {
  return JSON.stringify(written);
}

type Policies = ReadonlyMap<string, readonly WrittenRule[] | 'unreadable'>;

/** The group that is served and the one in which they are kept hold the same policies. */
function policiesIn(byKind: ObjectsByKind): Policies {
  const read = ['crd.projectcalico.org', 'projectcalico.org'].map((group) =>
    readKind(byKind, `${group}/EgressGatewayPolicy`, gatewayPolicy, 'Cluster'),
  );
  return new Map<string, readonly WrittenRule[] | 'unreadable'>([
    ...read.flatMap(({ objects }) => objects.map(({ name, rules }) => [name, rules] as const)),
    ...read.flatMap(({ unreadable }) =>
      unreadable.map(({ id }) => [id.slice(id.indexOf('/') + 1), 'unreadable'] as const),
    ),
  ]);
}

function rulesOf({ said, policy }: Chosen, home: string, policies: Policies): readonly GatewayRule[] {
  if (policy === undefined) return [{ cidr: undefined, leads: gatewayOf(said, home) }];
  const rules = policies.get(policy) ?? [];
  if (rules === 'unreadable') return [{ cidr: undefined, leads: 'unknown' }];
  return rules.map(({ destination, gateway }) => ({
    cidr: destination?.cidr ?? '0.0.0.0/0',
    leads: gateway === undefined ? 'past' : gatewayOf(gateway, undefined),
  }));
}

/** Without a selector of namespaces an annotation means its own, and a policy nobody knows which. */
function gatewayOf(
  {
    selector = '',
    namespaceSelector = '',
  }: Readonly<Partial<Record<'selector' | 'namespaceSelector', string | undefined>>>,
  home: string | undefined,
): GatewayRule['leads'] {
  if (selector === '' || (namespaceSelector === '' && home === undefined)) return 'unknown';
  const [isPod, isNamespace] = [parseSelector(selector), parseSelector(namespaceSelector)];
  if (isPod === undefined || isNamespace === undefined) return 'unknown';
  if (labelsAskedIn(selector).some((key) => ofAccounts.test(key))) return 'unknown';
  return (pod, namespaceLabels) =>
    isPod(labelsOfPod({ ...pod, namespaceLabels, accountLabels: undefined })) &&
    (namespaceSelector === ''
      ? pod.namespace === home
      : isNamespace({
          ...namespaceLabels,
          'projectcalico.org/name': pod.namespace,
          [namespaceKey]: pod.namespace,
        }));
}

/** Labels of ServiceAccounts, which are not at hand here; their names are. */
const ofAccounts = /^pcsa\.(?!projectcalico\.org\/name$)/;
