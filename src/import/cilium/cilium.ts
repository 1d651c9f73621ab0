import { z } from 'zod';
import type { Written } from '../importer.ts';
import { ciliumReach, ciliumRuleSchema, type ReadRule } from './rules.ts';
import { refusalOf } from './refused.ts';
import { ciliumSubject, type CiliumSubject } from './selector.ts';
import { importing } from '../documents.ts';
import { lost, podsNotSelected, unreadable, type Document, type Outcome, type Remark } from '../outcome.ts';
import { namespaceMissing } from '../network-policy.ts';
import type { Reach } from '../reach.ts';
import { everywhere } from '../../net/cidr.ts';
import { selectorSchema } from '../selector.ts';
import { deniesMore } from '../settle.ts';
import { writeClusterPolicies, writePolicies } from '../write.ts';

const specSchema = z.strictObject({
  endpointSelector: selectorSchema.optional(),
  nodeSelector: z.unknown().optional(),
  description: z.string().optional(),
  labels: z.unknown().optional(),
  log: z.unknown().optional(),
  enableDefaultDeny: z.strictObject({ egress: z.boolean().optional(), ingress: z.boolean().optional() }).optional(),
  egress: z.array(ciliumRuleSchema).optional(),
  egressDeny: z.array(ciliumRuleSchema).optional(),
  ingress: z.unknown().optional(),
  ingressDeny: z.unknown().optional(),
});
type Spec = z.output<typeof specSchema>;

const policySchema = z.looseObject({ spec: specSchema.optional(), specs: z.array(specSchema).optional() });

const clusterwide = 'cilium.io/CiliumClusterwideNetworkPolicy';

/**
 * Egress of Cilium's policies, as far as it leads out of the cluster. A Deny comes before every Accept there, in all policies:
 * here those of a namespace do within it, cluster-wide ones are of the Admin tier, and cluster-wide Accepts of the Baseline.
 */
export const importCiliumPolicies = importing({
  kinds: ['cilium.io/CiliumNetworkPolicy', clusterwide],
  read:
    (_, { deeperNames = false }) =>
    (document) =>
      read(document, deeperNames),
  about: [podsNotSelected('Cilium lets them out to everywhere')],
});

function read(document: Document, deeperNames: boolean): Outcome {
  const { data, error } = policySchema.safeParse(document.value);
  if (data === undefined) return closed(document, unreadable(error, policySchema, document.value));
  const isWide = document.kind === clusterwide;
  if (!isWide && document.namespace === '') return closed(document, { objects: [], remarks: [namespaceMissing] });
  const specs = [
    ...(data.spec ? [{ spec: data.spec, field: 'spec' }] : []),
    ...(data.specs ?? []).map((spec, at) => ({ spec, field: `specs[${at}]` })),
  ];
  const refused = specs.flatMap(({ spec, field }) => {
    const fault = refusalOf(spec, isWide);
    const message = `the agent refuses the whole object, since ${fault}: it has no effect there, and no rule of it is carried over`;
    return fault === undefined ? [] : [lost(field, 'refused', message)];
  });
  if (refused.length > 0) return closed(document, { objects: [], remarks: refused });
  const found = specs.map(({ spec, field }, at) => {
    const name = at === 0 ? document.name : `${document.name}-${at + 1}`;
    return readSpec(document, { name, spec, field }, deeperNames);
  });
  return { objects: found.flatMap((one) => one.objects), remarks: found.flatMap(({ remarks }) => remarks) };
}

function readSpec(
  document: Document,
  { name, spec, field }: { readonly name: string; readonly spec: Spec; readonly field: string },
  deeperNames: boolean,
): Outcome {
  const { egress = [], egressDeny = [], endpointSelector, enableDefaultDeny } = spec;
  if (egress.length + egressDeny.length === 0) return { objects: [], remarks: [] };
  if (endpointSelector === undefined)
    return {
      objects: [],
      remarks: [lost(`${field}.nodeSelector`, 'hosts', 'Postern writes no host policies')],
    };
  const subject = ciliumSubject(endpointSelector, document.namespace);
  // One of several in an object: what another one denies is read there.
  const unknown = (remarks: readonly Remark[]): Outcome => {
    const outcome = { objects: [], remarks };
    return egressDeny.length > 0 ? closed(document, outcome) : outcome;
  };
  if (typeof subject === 'string')
    return unknown([lost(`${field}.endpointSelector`, 'selector-not-expressible', subject)]);
  const accepts = egress.map((rule, at) => ciliumReach(rule, `${field}.egress[${at}]`, deeperNames));
  const denies = egressDeny.map((rule, at) => wholeDeny(ciliumReach(rule, `${field}.egressDeny[${at}]`, deeperNames)));
  const reach = { Accept: accepts.flatMap((one) => one.reach), Deny: denies.flatMap((one) => one.reach) };
  const remarks = [
    ...[...accepts, ...denies].flatMap((one) => one.remarks),
    ...(enableDefaultDeny?.egress === false ? [{ ...openDefault, field: `${field}.enableDefaultDeny` }] : []),
  ];
  if (document.kind === clusterwide) {
    const written = clusterSubject(subject);
    if (written === undefined)
      return unknown([
        ...remarks,
        lost(
          `${field}.endpointSelector`,
          'account-without-namespace',
          'a ServiceAccount without its namespace: name the namespace',
        ),
      ]);
    return { objects: clusterObjects(document, name, written, reach), remarks };
  }
  const { namespace } = document;
  const objects = (['Accept', 'Deny'] as const).flatMap((action): readonly Written[] =>
    reach[action].length === 0
      ? []
      : writePolicies(document, action === 'Deny' ? `${name}-deny` : name, {
          namespace,
          subject,
          action,
          reach: reach[action],
        }),
  );
  return { objects, remarks };
}

/** A Deny whose subject or text is not known could be about any pod: until a person has written it by hand, all are denied. */
function closed(document: Document, outcome: Outcome): Outcome {
  if (!/"egressDeny":\[[^\]]/.test(JSON.stringify(document.value))) return outcome;
  const { namespace, name } = document;
  const deny = { action: 'Deny', reach: [{ networks: everywhere, ports: [] }] } as const;
  const objects =
    namespace === ''
      ? writeClusterPolicies(document, `${name}-deny`, {
          ...{ tier: 'Admin', priority: 500, subject: { allNamespaces: true, allPods: true }, egress: [deny] },
        })
      : writePolicies(document, `${name}-deny`, { namespace, subject: {}, ...deny });
  return { objects, remarks: [...outcome.remarks, deniesMore] };
}

const openDefault: Remark = {
  effect: 'changed',
  severity: 'warning',
  field: '',
  code: 'default-deny',
  message: 'does not deny unlisted traffic; an enforcement point does',
};

/** What of a Deny cannot be said is denied with all that might be meant: an Accept beside it must not become more. */
function wholeDeny({ reach, remarks }: ReadRule): ReadRule {
  const isWhole = remarks.every(({ code }) => code === 'within-the-cluster' || code === 'icmp');
  if (isWhole) return { reach, remarks };
  const inDeny = remarks.map((remark): Remark => ({
    ...remark,
    effect: 'changed',
    severity: 'warning',
    code: 'denies-more',
    message: `${remark.message}; to permit nothing more than before, everything is denied instead`,
  }));
  return { reach: [{ networks: everywhere, ports: [] }], remarks: inDeny };
}

type ClusterSubject = Parameters<typeof writeClusterPolicies>[2]['subject'];

function clusterSubject({
  podSelector,
  serviceAccounts,
  namespaceSelector,
}: CiliumSubject): ClusterSubject | undefined {
  const namespace = namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'];
  const isOne =
    namespaceSelector?.matchExpressions === undefined && Object.keys(namespaceSelector?.matchLabels ?? {}).length === 1;
  const spaces = namespaceSelector ? { namespaceSelector } : { allNamespaces: true };
  if (serviceAccounts === undefined) return { ...spaces, ...(podSelector ? { podSelector } : { allPods: true }) };
  if (namespace === undefined || !isOne) return undefined;
  const accounts = serviceAccounts.map((name) => ({ namespace, name }));
  return { ...spaces, serviceAccounts: accounts, ...(podSelector && { podSelector }) };
}

function clusterObjects(
  document: Document,
  name: string,
  subject: ClusterSubject,
  reach: Readonly<Record<'Accept' | 'Deny', readonly Reach[]>>,
): readonly Written[] {
  const write = (action: 'Accept' | 'Deny', suffix: string, tier: 'Admin' | 'Baseline'): readonly Written[] =>
    reach[action].length === 0
      ? []
      : writeClusterPolicies(document, `${name}${suffix}`, {
          tier,
          priority: 500,
          subject,
          egress: [{ action, reach: reach[action] }],
        });
  return [...write('Deny', '-deny', 'Admin'), ...write('Accept', '', 'Baseline')];
}
