import { lost, type Remark } from '../outcome.ts';
import { compareText } from '../../api/problem.ts';
import type { Destination, Readings } from './destination.ts';
import type { Finding } from '../importer.ts';
import { about, type Differing, type Subject } from './finding.ts';
import type { CesCluster, Read } from './read.ts';
import { namespaceDifferences } from './namespace-source.ts';
import type { PodsByNamespace } from './pods.ts';
import { serviceSources } from './service-source.ts';

/** Where BIG-IP asks a rule: the global policy, then that of the route domain, then that of the virtual server. */
export type Scope = 'cluster' | 'namespace' | 'service';

/**
 * What a rule does with a flow. `accept` in the global policy and in that of the route domain only hands it to the next
 * one; in the virtual server's, which ends by dropping everything, it lets it through.
 */
export type Effect = 'Accept' | 'Deny' | 'Pass';

/** One ExternalService of one rule. */
export interface Entry {
  /** Its place in the input, `spec.externalServices[1]`. */
  readonly field: string;
  /** Namespace and name of the ExternalService. */
  readonly service: string;
  readonly destination: Destination;
}

export interface CesRule extends Subject {
  readonly scope: Scope;
  /** Empty for the cluster. */
  readonly namespace: string;
  readonly name: string;
  readonly effect: Effect;
  readonly log: boolean;
  readonly podSelector: Readonly<Record<string, string>>;
  readonly entries: readonly Entry[];
}

export interface ReadRules {
  readonly rules: readonly CesRule[];
  readonly findings: readonly Finding[];
  /** What is to be told of rules by whether they are written in the end. */
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly of: Subject;
  readonly differing: Differing;
}

type AnyRule = Read<'ClusterEgressRule'> | Read<'NamespaceEgressRule'> | Read<'ServiceEgressRule'>;

export interface Catalogue {
  /** The namespace in which CES runs, and where it looks for what ClusterEgressRules name. */
  readonly home: string;
  /** By namespace and name. */
  readonly services: ReadonlyMap<string, Readings>;
}

/** The subject of a rule; without a selector it is not known. */
interface Source {
  readonly podSelector: Readonly<Record<string, string>> | undefined;
  readonly remarks: readonly Remark[];
  readonly differences: readonly Differing[];
}

const everyone: Source = { podSelector: {}, remarks: [], differences: [] };

/** The rules by name: their order in CES is that of their arrival, which a restart changes. */
export function readRules(cluster: CesCluster, catalogue: Catalogue, pods: PodsByNamespace): ReadRules {
  const differencesOf = namespaceDifferences(cluster, pods);
  const sourceOf = serviceSources(cluster, pods);
  const read = [
    ...cluster.ClusterEgressRule.map((rule) => readRule('cluster', rule, everyone, catalogue)),
    ...cluster.NamespaceEgressRule.map((rule) => {
      return readRule(
        'namespace',
        rule,
        { ...everyone, differences: differencesOf(rule.metadata.namespace) },
        catalogue,
      );
    }),
    ...cluster.ServiceEgressRule.map((rule) => {
      const { selector, ...told } = sourceOf(rule.metadata.namespace, rule.spec.service);
      return readRule('service', rule, { podSelector: selector, ...told }, catalogue);
    }),
  ];
  return {
    rules: read.flatMap(({ rule }) => rule ?? []).sort((a, b) => compareText(a.subject, b.subject)),
    findings: read.flatMap(({ findings }) => findings),
    differences: [...read.flatMap(({ differences }) => differences), ...oneServiceTwice(cluster)],
  };
}

interface ReadRule {
  readonly rule?: CesRule;
  readonly findings: readonly Finding[];
  readonly differences: readonly Difference[];
}

function readRule(scope: Scope, rule: AnyRule, source: Source, catalogue: Catalogue): ReadRule {
  const { spec, subject, input } = rule;
  const effect = effectOf(scope, spec.action);
  if (effect === undefined) return { findings: [unknownAction(rule)], differences: [] };
  const { podSelector, remarks } = source;
  const rejects = spec.action === 'reject' ? [silentDrop] : [];
  const differences = [...source.differences, ...rejects].map((differing) => ({ of: rule, differing }));
  const namespace = scope === 'cluster' ? '' : rule.metadata.namespace;
  const found = spec.externalServices.map((name, index) =>
    readEntry(rule, { name, index, namespace: scope === 'cluster' ? catalogue.home : namespace, effect }, catalogue),
  );
  const entries = found.flatMap((each) => ('entry' in each ? [each.entry] : []));
  const findings = remarks.map((remark) => about(rule, remark));
  const all = [...findings, ...found.flatMap((each) => ('finding' in each ? [each.finding] : []))];
  if (spec.externalServices.length === 0) all.push(noServices(rule));
  const refused =
    effect === 'Accept' ? refusedBy(rule, scope === 'cluster' ? catalogue.home : namespace, catalogue) : [];
  if (podSelector === undefined || entries.length === 0 || refused.length > 0)
    return { findings: [...all, ...refused], differences };
  const { name } = rule.metadata;
  return {
    rule: { subject, input, scope, namespace, name, effect, log: spec.logging, podSelector, entries },
    findings: all,
    differences,
  };
}

function effectOf(scope: Scope, action: string): Effect | undefined {
  switch (action) {
    case 'accept':
      return scope === 'service' ? 'Accept' : 'Pass';
    case 'accept-decisively':
      return 'Accept';
    case 'drop':
    case 'reject':
      return 'Deny';
    default:
      return undefined;
  }
}

interface Place {
  readonly name: string;
  readonly index: number;
  readonly namespace: string;
  readonly effect: Effect;
}

function readEntry(
  rule: AnyRule,
  { name, index, namespace, effect }: Place,
  { services }: Catalogue,
): { readonly entry: Entry } | { readonly finding: Finding } {
  const field = `spec.externalServices[${index}]`;
  const service = `${namespace}/${name}`;
  // What only hands on stops what is permitted for good: the wider reading stops more.
  const destination = services.get(service)?.[effect === 'Accept' ? 'permitted' : 'denied'];
  if (destination !== undefined) return { entry: { field, service, destination } };
  const message = services.has(service)
    ? `ExternalService/${service} cannot be carried over, for the reasons given there`
    : `there is no ExternalService/${service}, so that this does nothing in CES either: a ClusterEgressRule names one in the namespace of CES (--ces-namespace), every other rule one in its own`;
  const finding = about(rule, lost(field, 'unresolved-reference', message));
  return { finding };
}

/** One declaration holds all that a rule names. */
function refusedBy(rule: AnyRule, namespace: string, { services }: Catalogue): readonly Finding[] {
  const index = rule.spec.externalServices.findIndex(
    (name) => services.get(`${namespace}/${name}`)?.isRefused === true,
  );
  if (index < 0) return [];
  const field = `spec.externalServices[${index}]`;
  const message = `BIG-IP refuses all of the rule for a port or a protocol of ExternalService/${namespace}/${rule.spec.externalServices[index]}, so that it permitted nothing: it is left out`;
  return [about(rule, lost(field, 'rule-refused', message))];
}

function unknownAction(rule: AnyRule): Finding {
  const message = `action "${rule.spec.action}" is none of accept, accept-decisively, drop, reject, and BIG-IP refuses it: the rule is left out`;
  return about(rule, lost('spec.action', 'unknown-action', message));
}

function noServices(rule: AnyRule): Finding {
  const message = 'it names no ExternalService, so that it does nothing, and it is left out';
  return about(rule, {
    effect: 'lost',
    severity: 'warning',
    field: 'spec.externalServices',
    code: 'no-external-service',
    message,
  });
}

const silentDrop: Differing = {
  effect: 'changed',
  severity: 'info',
  field: 'spec.action',
  code: 'reject-becomes-deny',
  message: 'reject tells the client',
  here: 'Deny drops in silence: it waits for its time-out',
};

/** CES stops looking after the first rule of a Service whose endpoints change. */
function oneServiceTwice({ ServiceEgressRule }: CesCluster): readonly Difference[] {
  const first = new Map<string, string>();
  return ServiceEgressRule.flatMap((rule) => {
    const key = `${rule.metadata.namespace}/${rule.spec.service}`;
    const before = first.get(key);
    if (before === undefined) first.set(key, rule.subject);
    if (before === undefined) return [];
    const message = `CES keeps the addresses of one rule for a Service up to date, of this one or of ${before}: the other lets through pods that have ended`;
    const told = { severity: 'warning', field: 'spec.service', code: 'not-kept-current', message } as const;
    return [{ of: rule, differing: { ...told, effect: 'unsafe', here: 'both follow the pods' } }];
  });
}
