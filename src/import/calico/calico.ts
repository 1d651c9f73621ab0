import { z } from 'zod';
import type { Written, WrittenClusterPolicy } from '../importer.ts';
import { mayDeny, placesOf, speaksOfEgress, type Place } from './places.ts';
import { calicoReach, calicoRuleSchema, type CalicoReach } from './rules.ts';
import { calicoSelector } from './selector.ts';
import { importing } from '../documents.ts';
import { lost, podsNotSelected, unreadable, type Document, type Outcome, type Remark } from '../outcome.ts';
import { namespaceMissing } from '../network-policy.ts';
import { everywhere } from '../../net/cidr.ts';
import { deniesMore, everyPodOf } from '../settle.ts';
import { writeClusterPolicies } from '../write.ts';

const policySchema = z.looseObject({
  spec: z.looseObject({
    tier: z.string().optional(),
    order: z.number().optional(),
    selector: z.string().optional(),
    namespaceSelector: z.string().optional(),
    serviceAccountSelector: z.string().optional(),
    types: z.array(z.string()).optional(),
    egress: z.array(calicoRuleSchema).optional(),
    doNotTrack: z.boolean().optional(),
    preDNAT: z.boolean().optional(),
    applyOnForward: z.boolean().optional(),
  }),
});
type Spec = z.output<typeof policySchema>['spec'];

const groups = ['projectcalico.org', 'crd.projectcalico.org'];
const kinds = groups.flatMap((group) => [`${group}/NetworkPolicy`, `${group}/GlobalNetworkPolicy`]);
const first = 50;
const last = 950;

/**
 * Egress of Calico's policies of the default tier, as far as it leads out of the cluster: ClusterEgressPolicies of the Admin tier,
 * in the order in which Calico asks them, with their rules in theirs. What cannot be said of what denies denies everything
 * from there on.
 */
export const importCalicoPolicies = importing({
  kinds,
  beside: groups.map((group) => `${group}/Tier`),
  read: (all) => {
    const places = placesOf(
      all.filter(({ kind }) => kinds.includes(kind)),
      { first, last },
    );
    return (document) => read(document, all, places.get(document));
  },
  about: [podsNotSelected('Calico lets them out as their profiles say, which is to everywhere')],
});

function read(document: Document, all: readonly Document[], place: Place | undefined): Outcome {
  const { data, error } = policySchema.safeParse(document.value);
  if (place === undefined) return { objects: [], remarks: [] };
  if (data === undefined) return closed(document, place, unreadable(error, policySchema, document.value));
  const { spec } = data;
  if (!speaksOfEgress(document)) return { objects: [], remarks: [] };
  if (spec.doNotTrack === true || spec.preDNAT === true) return { objects: [], remarks: [aboutHosts] };
  if (!isGlobal(document) && document.namespace === '')
    return closed(document, place, { objects: [], remarks: [namespaceMissing] });
  const subject = spec.serviceAccountSelector === undefined ? subjectOf(document, spec) : undefined;
  const limit = limitOf(spec, place);
  if (limit !== undefined)
    return closed(document, place, { objects: [], remarks: [limit] }, { end: endOf(spec, all), subject });
  if (subject === undefined) return closed(document, place, { objects: [], remarks: [notSelectable] });
  const rules = (spec.egress ?? []).flatMap((rule, at) => calicoReach(rule, `spec.egress[${at}]`) ?? []);
  const objects = written(document, place, subject, rules);
  if (objects.length > place.room)
    return closed(document, place, {
      objects: [],
      remarks: [
        lost('spec.egress', 'not-expressible', 'there are more rules or policies than Postern has priorities for'),
      ],
    });
  const tie = place.rival === undefined ? [] : [sameOrderAs(place.rival)];
  return { objects, remarks: [...rules.flatMap(({ remarks }) => remarks), ...tie] };
}

/** In one object with its rules in their order; where another one may come before it, what it denies apart. */
function written(
  document: Document,
  { denies, rest }: Place,
  subject: WrittenClusterPolicy['spec']['subject'],
  rules: readonly CalicoReach[],
): readonly Written[] {
  const write = (name: string, priority: number, egress: readonly CalicoReach[]): readonly Written[] =>
    egress.some(({ reach }) => reach.length > 0)
      ? writeClusterPolicies(document, name, { tier: 'Admin', priority, subject, egress })
      : [];
  if (denies === rest) return write(nameOf(document), rest, rules);
  const of = (action: CalicoReach['action']) => rules.filter((rule) => rule.action === action);
  return [...write(`${nameOf(document)}-deny`, denies, of('Deny')), ...write(nameOf(document), rest, of('Accept'))];
}

function sameOrderAs({ subject }: Document): Remark {
  const message = `has the same order as ${subject}, and releases of Calico differ in which comes first; here the Denies of both come before the Allows of both: give each its own order`;
  return { effect: 'changed', severity: 'warning', field: 'spec.order', code: 'equal-order', message };
}

const aboutHosts = lost(
  'spec',
  'hosts',
  'doNotTrack and preDNAT apply to hosts, not to pods; Postern writes no host policies',
);

/** The default for pods that a policy of another tier selects, if none of its rules matches. */
function endOf({ tier = 'default' }: Spec, all: readonly Document[]): 'Deny' | 'Pass' {
  if (tier === 'default') return 'Pass';
  const own = all.find(({ kind, name }) => groups.some((group) => kind === `${group}/Tier`) && name === tier);
  return tierSchema.safeParse(own?.value).data?.spec.defaultAction === 'Pass' ? 'Pass' : 'Deny';
}

const tierSchema = z.looseObject({ spec: z.looseObject({ defaultAction: z.string() }) });

function isGlobal({ kind }: Document): boolean {
  return kind.endsWith('/GlobalNetworkPolicy');
}

function nameOf({ namespace, name }: Document): string {
  return namespace === '' ? name : `${namespace}.${name}`;
}

const notSelectable = lost(
  'spec.selector',
  'selector-not-expressible',
  'its selectors use more than equality of labels (||, starts with, contains, labels of Calico): no rule of it is carried over',
);

function limitOf({ tier = 'default', serviceAccountSelector }: Spec, { room }: Place) {
  if (tier !== 'default')
    return lost('spec.tier', 'limit-not-expressible', 'only the tier default is read: write its rules by hand');
  if (room < 1)
    return lost(
      'spec.order',
      'not-expressible',
      `more than ${last - first} policies do not fit into the priorities of Postern`,
    );
  if (serviceAccountSelector === undefined) return undefined;
  return lost('spec', 'limit-not-expressible', 'serviceAccountSelector cannot be said');
}

const namespaceKeys = { 'projectcalico.org/name': 'kubernetes.io/metadata.name' };

function subjectOf(document: Document, spec: Spec): WrittenClusterPolicy['spec']['subject'] | undefined {
  const pods = calicoSelector(spec.selector ?? '');
  const spaces = calicoSelector(isGlobal(document) ? (spec.namespaceSelector ?? '') : '', namespaceKeys);
  if (pods === undefined || spaces === undefined) return undefined;
  const { namespace } = document;
  const own = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
  const where = spaces.labels === undefined ? { allNamespaces: true } : { namespaceSelector: spaces.labels };
  return {
    ...(isGlobal(document) ? where : own),
    ...(pods.labels === undefined ? { allPods: true } : { podSelector: pods.labels }),
  };
}

interface Selected {
  /** The default for selected pods if none of its rules matches. */
  readonly end?: 'Deny' | 'Pass';
  /** The selected pods; absent: not known. */
  readonly subject?: WrittenClusterPolicy['spec']['subject'] | undefined;
}

/**
 * What it denies is not known, so that everything is denied in its place: policies behind it must not permit more than there.
 */
function closed(
  document: Document,
  { denies }: Place,
  outcome: Outcome,
  { end = 'Pass', subject = everyPodOf(document.namespace) }: Selected = {},
): Outcome {
  if (end === 'Pass' && !mayDeny(document)) return outcome;
  const egress = [{ action: 'Deny', reach: [{ networks: everywhere, ports: [] }] }] as const;
  return {
    objects: writeClusterPolicies(document, nameOf(document), { tier: 'Admin', priority: denies, subject, egress }),
    remarks: [...outcome.remarks, { ...deniesMore, field: 'spec.egress' }],
  };
}
