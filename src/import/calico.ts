import { z } from 'zod';
import type { WrittenClusterPolicy } from '../adapter/importer.ts';
import { compareText } from '../api/problem.ts';
import { calicoReach, calicoRuleSchema } from './calico-rules.ts';
import { calicoSelector } from './calico-selector.ts';
import { importing } from './documents.ts';
import { lost, podsNotSelected, unreadable, type Document, type Outcome, type Remark } from './outcome.ts';
import { namespaceMissing } from './network-policy.ts';
import { everywhere } from './reach.ts';
import { deniesMore, everyPodOf } from './settle.ts';
import { writeClusterPolicies } from './write.ts';

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
  read,
  about: [podsNotSelected('Calico lets them out as their profiles say, which is to everywhere')],
});

function read(document: Document, all: readonly Document[]): Outcome {
  const { data, error } = policySchema.safeParse(document.value);
  const policies = all.filter(({ kind }) => kinds.includes(kind)).sort(byOrder);
  const step = Math.floor((last - first) / Math.max(1, policies.length));
  const priority = first + policies.indexOf(document) * step;
  if (data === undefined) return closed(document, priority, unreadable(error));
  const { spec } = data;
  const { egress = [], types = egress.length > 0 ? ['Egress'] : [] } = spec;
  if (!types.includes('Egress')) return { objects: [], remarks: [] };
  if (!isGlobal(document) && document.namespace === '')
    return closed(document, priority, { objects: [], remarks: [namespaceMissing] });
  const limit = limitOf(spec, step);
  const subject = limit === undefined ? subjectOf(document, spec) : undefined;
  if (subject === undefined) return closed(document, priority, { objects: [], remarks: [limit ?? notSelectable] });
  const rules = egress.flatMap((rule, at) => calicoReach(rule, `spec.egress[${at}]`) ?? []);
  const written = rules.filter(({ reach }) => reach.length > 0);
  const objects =
    written.length === 0
      ? []
      : writeClusterPolicies(document, nameOf(document), { tier: 'Admin', priority, subject, egress: written });
  if (objects.length > step)
    return closed(document, priority, {
      objects: [],
      remarks: [lost('spec.egress', 'not-expressible', 'there are more rules, or more policies, than places for them')],
    });
  const twin = policies.find((one) => one !== document && orderOf(one) === orderOf(document));
  return { objects, remarks: [...rules.flatMap(({ remarks }) => remarks), ...(twin ? [sameOrderAs(twin)] : [])] };
}

function sameOrderAs({ subject }: Document): Remark {
  const message = `has the same order as ${subject}, and releases of Calico do not agree which is asked first; here it is the one whose name comes first: give each an order of its own`;
  return { effect: 'changed', severity: 'warning', field: 'spec.order', code: 'equal-order', message };
}

/** In a tier by `order`, then by name; one without an order comes last. */
function byOrder(a: Document, b: Document): number {
  return orderOf(a) - orderOf(b) || compareText(nameOf(a), nameOf(b));
}

function orderOf({ value }: Document): number {
  const order = z.looseObject({ spec: z.looseObject({ order: z.number() }) }).safeParse(value).data?.spec.order;
  return order ?? Number.MAX_VALUE;
}

function isGlobal({ kind }: Document): boolean {
  return kind.endsWith('/GlobalNetworkPolicy');
}

function nameOf({ namespace, name }: Document): string {
  return namespace === '' ? name : `${namespace}.${name}`;
}

const notSelectable = lost(
  'spec.selector',
  'selector-not-expressible',
  'its selectors say more than labels that must all hold (||, starts with, contains, labels of Calico): nothing of it is carried over',
);

function limitOf({ tier = 'default', serviceAccountSelector, doNotTrack, preDNAT }: Spec, step: number) {
  if (tier !== 'default') return lost('spec.tier', 'limit-not-expressible', 'only the tier default is read');
  if (step < 1) return lost('spec.order', 'not-expressible', `more than ${last - first} policies have no places here`);
  if (serviceAccountSelector === undefined && doNotTrack !== true && preDNAT !== true) return undefined;
  const message = 'serviceAccountSelector, doNotTrack and preDNAT cannot be said';
  return lost('spec', 'limit-not-expressible', message);
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

/** What it denies is not known, so that everything is denied in its place: policies behind it must not permit more than there. */
function closed(document: Document, priority: number, outcome: Outcome): Outcome {
  if (!/"action":"(?:Deny|Pass)"/.test(JSON.stringify(document.value))) return outcome;
  const egress = [{ action: 'Deny', reach: [{ networks: everywhere, ports: [] }] }] as const;
  const subject = everyPodOf(document.namespace);
  return {
    objects: writeClusterPolicies(document, nameOf(document), { tier: 'Admin', priority, subject, egress }),
    remarks: [...outcome.remarks, { ...deniesMore, field: 'spec.egress' }],
  };
}
