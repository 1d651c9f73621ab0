import type { Labels } from '../../../core/model/snapshot.ts';
import type { RequiredLabel } from '../../values/selector.ts';
import { allOf, anyOf, not, triState, type TriState } from '../../values/tri-state.ts';
import { inBlock } from '../ends/blocks.ts';
import type { NetworkCluster } from '../ends/cluster.ts';
import { addressesOf, type End, type PodEnd, type Wire } from '../ends/ends.ts';
import { isNamedPort } from '../kubernetes/peers.ts';
import type { Entity, NetworkSet } from './objects.ts';
import { labelsWanted, namespaceKey, parseSelector, type LabelTest } from './selector.ts';

/** What a rule's peers are looked up in. */
export interface Context {
  readonly cluster: NetworkCluster;
  readonly sets: readonly NetworkSet[];
  /** The labels of a pod that selectors see. */
  readonly labelsOf: (pod: PodEnd) => Labels;
  /** Of the policy; empty: of no namespace. */
  readonly namespace: string;
}

const ofNamespace = 'pcns.';
const ofAccount = 'pcsa.';
const accountKey = 'projectcalico.org/serviceaccount';

/** The labels of a pod, with its own of the namespace and of the ServiceAccount, as selectors see them. */
export function labelsOfPod(
  pod: Pick<PodEnd, 'namespace' | 'namespaceLabels' | 'labels' | 'serviceAccount' | 'accountLabels'>,
): Labels {
  return {
    ...prefixed(ofNamespace, { ...pod.namespaceLabels, 'projectcalico.org/name': pod.namespace }),
    ...prefixed(ofAccount, { ...pod.accountLabels, 'projectcalico.org/name': pod.serviceAccount }),
    ...pod.labels,
    [namespaceKey]: pod.namespace,
    'projectcalico.org/orchestrator': 'k8s',
    [accountKey]: pod.serviceAccount,
  };
}

/** Of the labels that a selector wants, those that a pod has only if they are its own. */
export function podLabelsIn(selector: string): readonly RequiredLabel[] {
  const added = [ofNamespace, ofAccount, 'projectcalico.org/'];
  return labelsWanted(selector).filter(([key]) => !added.some((prefix) => key.startsWith(prefix)));
}

function prefixed(prefix: string, labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value]));
}

/** A selector about namespaces or ServiceAccounts, asked of the labels of who is in them. */
export function about(text: string, kind: 'namespace' | 'account'): LabelTest | undefined {
  const [prefix, presence] = kind === 'namespace' ? [ofNamespace, namespaceKey] : [ofAccount, accountKey];
  const test = parseSelector(text);
  return (
    test &&
    ((labels) => {
      const home = labels[presence];
      // What is of no namespace has none of its labels, and only `global()` takes it.
      if (home === undefined) return text.includes('global()') && test({});
      const own = Object.entries(labels).filter(([key]) => key.startsWith(prefix));
      return test({
        ...Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value])),
        [presence]: home,
      });
    })
  );
}

/** Does all that a rule says of one end hold for it? */
export function isEntity(entity: Entity | undefined, end: End, wire: Wire, context: Context): TriState {
  if (entity === undefined) return 'yes';
  const { nets, notNets, notSelector, ports, notPorts, domains, services } = entity;
  const selected = selectionOf(entity, context.namespace);
  return allOf([
    nets.length === 0 ? 'yes' : anyOf(nets.map((net) => inBlock(net, [], end, 'everything'))),
    not(anyOf(notNets.map((net) => inBlock(net, [], end, 'everything')))),
    selected === 'anybody' ? 'yes' : takes(selected, end, context),
    notSelector === undefined ? 'yes' : not(takes(parseSelector(notSelector), end, context)),
    ports.length === 0 ? 'yes' : anyOf(ports.map((port) => isOnPort(port, end, wire))),
    not(anyOf(notPorts.map((port) => isOnPort(port, end, wire)))),
    // The open Calico knows no names, and its rule without them is about everybody.
    domains.length === 0 ? 'yes' : 'unknown',
    services === undefined ? 'yes' : isBehind(services, end, wire, context),
  ]);
}

/** The blocks that are written in it, and in the sets of networks that it selects. */
export function blocksOf(entity: Entity, { sets, cluster, namespace }: Context): readonly string[] {
  const { nets, notNets } = entity;
  const selected = selectionOf(entity, namespace);
  const meant = typeof selected === 'function' ? sets.filter((set) => selected(labelsOfSet(set, cluster))) : [];
  return [...nets, ...notNets, ...meant.flatMap((set) => set.nets ?? [])];
}

/** What selectors leave to choose from: without one for namespaces, a namespaced policy means its own. */
function selectionOf(
  { selector, notSelector, namespaceSelector, serviceAccounts }: Entity,
  namespace: string,
): LabelTest | undefined | 'anybody' {
  const { names = [], selector: ofAccounts } = serviceAccounts ?? {};
  const parts: (LabelTest | undefined)[] = [];
  if (namespaceSelector) parts.push(about(namespaceSelector, 'namespace'));
  else if (namespace !== '' && (selector ?? notSelector ?? serviceAccounts) !== undefined)
    parts.push((labels) => labels[namespaceKey] === namespace);
  if (selector) parts.push(parseSelector(selector));
  if (names.length > 0) parts.push((labels) => names.includes(labels[accountKey] ?? ''));
  if (ofAccounts) parts.push(about(ofAccounts, 'account'));
  if (parts.length === 0) return 'anybody';
  const tests = parts.flatMap((part) => part ?? []);
  return tests.length < parts.length ? undefined : (labels) => tests.every((test) => test(labels));
}

/** Selectors choose pods by their labels, and sets of networks by theirs; an undefined one could not be read. */
function takes(test: LabelTest | undefined, end: End, { sets, cluster, labelsOf }: Context): TriState {
  if (test === undefined) return 'unknown';
  if (end.kind === 'pod' && !end.hostNetwork && test(labelsOf(end))) return 'yes';
  const meant = sets.filter((set) => test(labelsOfSet(set, cluster)));
  return anyOf(meant.map((set) => inSet(set, end)));
}

/** Only Calico Enterprise and Cloud know the domains of a set. */
function inSet({ nets, domains }: NetworkSet, end: End): TriState {
  if (nets === undefined) return 'unknown';
  const byName: TriState = domains.length > 0 && end.kind === 'outside' ? 'unknown' : 'no';
  return anyOf([byName, ...nets.map((net) => inBlock(net, [], end, 'everything'))]);
}

function labelsOfSet({ namespace, labels }: NetworkSet, cluster: NetworkCluster): Labels {
  if (namespace === '') return labels;
  return {
    ...prefixed(ofNamespace, { ...cluster.namespaceLabels(namespace), 'projectcalico.org/name': namespace }),
    ...labels,
    [namespaceKey]: namespace,
  };
}

/** The networks of the sets in namespaces, which ClusterNetworkPolicies take in as well. */
export function inSetsOf(
  sets: readonly NetworkSet[],
  cluster: NetworkCluster,
  end: End,
  isMeant: (labels: Labels) => boolean,
): TriState {
  const meant = sets.filter(({ namespace }) => namespace !== '' && isMeant(cluster.namespaceLabels(namespace)));
  return anyOf(meant.map((set) => inSet(set, end)));
}

function isOnPort(port: number | string, end: End, wire: Wire): TriState {
  if (typeof port === 'number') return triState(port === wire.port);
  const [, first, last = first] = /^(\d+)(?::(\d+))?$/.exec(port) ?? [];
  if (first === undefined) return isNamedPort(port, wire, end);
  return triState(Number(first) <= wire.port && wire.port <= Number(last));
}

/** The endpoints of a Service, with their ports. */
function isBehind(
  { name, namespace }: NonNullable<Entity['services']>,
  end: End,
  wire: Wire,
  context: Context,
): TriState {
  const meant = context.cluster.service(namespace ?? context.namespace, name);
  if (meant === undefined) return 'unknown';
  const isThere =
    end.kind === 'pod' && Object.keys(meant.selector).length > 0
      ? end.namespace === meant.namespace &&
        Object.entries(meant.selector).every(([key, value]) => end.labels[key] === value)
      : addressesOf(end).some((address) => meant.endpoints.includes(address));
  if (!isThere) return 'no';
  return anyOf(
    meant.ports.map(({ port, protocol, targetPort = port }) => {
      if (protocol !== wire.protocol) return 'no';
      return typeof targetPort === 'number' ? triState(targetPort === wire.port) : isNamedPort(targetPort, wire, end);
    }),
  );
}
