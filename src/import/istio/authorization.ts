import type { Document } from '../outcome.ts';
import { clientsOf } from './clients.ts';
import { hostPatternsOverlap, policySchema, specOf, type MeshSettings, type PolicyRule } from './objects.ts';
import { both, everybody, nobody, without, type Who } from '../who.ts';

/** A proxy at which policies decide, and the flow as it comes to it. */
export interface Checkpoint {
  readonly policies: readonly Document[];
  /** It is not known whether this one is about it as well. */
  readonly unsure: Document | undefined;
  /** Do clients prove who they are? */
  readonly knowsClients: boolean;
  /** Does it read requests, or only connections? */
  readonly readsRequests: boolean;
  readonly host: string;
  /** On its own pods. */
  readonly port: number | undefined;
  readonly sni: string | undefined;
}

/** The clients of these that it permits: at most those that it really permits, where something is not known. */
export function permittedClients(from: Who, checkpoint: Checkpoint, settings: MeshSettings): readonly Who[] {
  const policies = checkpoint.policies.map(policyOf);
  if (checkpoint.unsure !== undefined) return [];
  if (policies.some(({ action }) => action === 'CUSTOM' || action === 'unknown')) return [];
  const allowing = policies.filter(({ action, isDryRun }) => action === 'ALLOW' && !isDryRun);
  const allowed = allowing.flatMap((policy) => policy.rules.flatMap((rule) => allowedBy(rule, checkpoint, settings)));
  const denying = policies.filter(({ action }) => action === 'DENY');
  return (allowing.length === 0 ? [everybody] : allowed).map((who) =>
    denying.reduce(
      (left, policy) => policy.rules.reduce((some, rule) => withoutDenied(some, rule, checkpoint, settings), left),
      both(from, who),
    ),
  );
}

interface Policy {
  readonly action: string;
  readonly isDryRun: boolean;
  readonly rules: readonly Rule[];
}

interface Rule extends PolicyRule {
  /** Of its policy. */
  readonly namespace: string;
}

const actions = ['ALLOW', 'DENY', 'AUDIT', 'CUSTOM'];

function policyOf(document: Document): Policy {
  const { namespace, value } = document;
  const spec = value['spec'] === undefined ? policySchema.parse({}) : specOf(policySchema, document);
  const { action = 'ALLOW', rules = [] } = spec ?? { action: 'unknown' };
  const written = typeof action === 'number' ? actions[action] : (action ?? 'ALLOW');
  const isDryRun = JSON.stringify(value['metadata']).includes('"istio.io/dry-run":"true"');
  return {
    action: actions.find((one) => one === written) ?? 'unknown',
    isDryRun,
    rules: rules.map((rule) => ({ ...rule, namespace })),
  };
}

type Source = Readonly<Record<string, readonly string[]>>;

/** Clients that the rule lets through for certain. */
function allowedBy(rule: Rule, at: Checkpoint, settings: MeshSettings): readonly Who[] {
  const { from, to, when } = rule;
  const isTo = (to ?? []).length === 0 || to?.some(({ operation }) => matches(operation, at)) === true;
  if (!isTo) return [];
  const conditions = (when ?? []).map(({ key, values, notValues }) => {
    if (notValues.length > 0 || values.length === 0) return undefined;
    if (key === 'connection.sni') return values.includes(at.sni ?? '') ? everybody : undefined;
    if (key === 'destination.port') return values.includes(String(at.port)) ? everybody : undefined;
    const field = conditionFields[key];
    return field === undefined || !at.knowsClients ? undefined : clientsOf(field, values, rule, settings);
  });
  if (conditions.includes(undefined)) return [];
  const where = conditions.reduce<Who>((who, one) => both(who, one ?? nobody), everybody);
  const sources = (from ?? []).length === 0 ? [{}] : (from ?? []).map((one): Source => one.source);
  return sources.flatMap((source) => {
    const given = Object.entries(source).filter(([, values]) => values.length > 0);
    if (given.length === 0 && (from ?? []).length > 0) return [];
    const parts = given.map(([field, values]) =>
      at.knowsClients ? clientsOf(field, values, rule, settings) : undefined,
    );
    return parts.includes(undefined) ? [] : [parts.reduce<Who>((who, one) => both(who, one ?? nobody), where)];
  });
}

const conditionFields: Readonly<Record<string, string>> = {
  'source.principal': 'principals',
  'source.namespace': 'namespaces',
  'source.serviceAccount': 'serviceAccounts',
};

/** Does the operation match for certain? */
function matches(operation: Source, { readsRequests, host, port }: Checkpoint): boolean {
  return Object.entries(operation).every(([field, values]) => {
    if (values.length === 0) return true;
    if (field === 'ports') return values.includes(String(port));
    return field === 'hosts' && readsRequests && values.some((value) => value.toLowerCase() === host);
  });
}

const opposites: Readonly<Record<string, string>> = {
  notPrincipals: 'principals',
  notNamespaces: 'namespaces',
  notServiceAccounts: 'serviceAccounts',
};

/** `who` without all clients that the rule may deny. */
function withoutDenied(who: Who, rule: Rule, at: Checkpoint, settings: MeshSettings): Who {
  const { from, to, when } = rule;
  const isTo = (to ?? []).length === 0 || to?.some(({ operation }) => mayMatch(operation, at)) === true;
  const isOther = (when ?? []).some(({ key, values }) => key === 'connection.sni' && isNoneOf(at.sni, values));
  if (!isTo || isOther) return who;
  const sources = (from ?? []).length === 0 ? [{}] : (from ?? []).map((one): Source => one.source);
  return sources.reduce<Who>((some, source) => {
    for (const [field, values] of Object.entries(source)) {
      if (values.length === 0) continue;
      const isExcept = field in opposites;
      const named = clientsOf(opposites[field] ?? field, values, rule, settings);
      if (named !== undefined) return isExcept ? (at.knowsClients ? both(some, named) : nobody) : without(some, named);
    }
    return nobody;
  }, who);
}

function mayMatch(operation: Source, { readsRequests, host, port }: Checkpoint): boolean {
  const { ports = [], hosts = [] } = operation;
  if (ports.length > 0 && port !== undefined && !ports.includes(String(port))) return false;
  return (
    !readsRequests ||
    hosts.length === 0 ||
    hosts.some((value) => hostPatternsOverlap(value.toLowerCase().replace(/:\d+$/, ''), host) || value.includes('*'))
  );
}

/** Surely none of them: they are names, and others. */
function isNoneOf(sni: string | undefined, values: readonly string[]): boolean {
  return sni !== undefined && values.length > 0 && values.every((value) => !value.includes('*') && value !== sni);
}
