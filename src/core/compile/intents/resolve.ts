import type { ClusterEgressPolicy } from '../../../api/kinds.ts';
import type { DestinationRef } from '../../../api/fields/destination.ts';
import type { Governance } from '../../../api/meta.ts';
import type { InForce } from '../../approval/in-force.ts';
import type { Origin } from '../../model/desired.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Labels } from '../../model/snapshot.ts';
import { requirementsMatch } from '../../select/requirements.ts';
import type { Subject } from '../../select/subject.ts';
import { earlier } from '../../time/instant.ts';
import { entryOrigin, fieldOfEntry, nameOfOrigin, policyOrigin } from './origin.ts';
import type { Intent } from './intent.ts';
import { fault, type Fault, type Result } from '../inputs/fields.ts';
import {
  readTarget,
  type FindService,
  type PlacedFault,
  type Service,
  type Target,
} from '../inputs/external-service.ts';
import { readGrace } from '../inputs/grace.ts';
import type { Readings } from '../inputs/readings.ts';
import { narrow, readClusterSubject, readLocalSubject } from '../inputs/subject.ts';

/** What a policy contributes, and what is wrong with it. */
export interface Resolved {
  readonly intents: readonly Intent[];
  readonly problems: readonly Problem[];
}

const none: readonly never[] = [];

/** Why an object no longer contributes, if its time is over. */
export type Lapse = (governance: Governance | undefined) => Fault | undefined;

/** What a policy is resolved against. */
export interface ResolveContext {
  readonly find: FindService;
  readonly readings: Readings;
  readonly lapse: Lapse;
  readonly labelsOf: (namespace: string) => Labels;
}

/** What the entries of one rule share. */
interface RuleContext {
  readonly action: Intent['action'];
  readonly subject: Subject;
  readonly governance: Governance | undefined;
  readonly profile: string | undefined;
  readonly graceSeconds: number | undefined;
  readonly origin: Origin;
  /** Path of its list of destinations. */
  readonly field: string;
  /** Who may use a service through it; undefined where nobody is left. */
  readonly permit: (service: Service) => Result<Subject | undefined>;
}

/** @param counting what counts of a namespaced policy */
export function resolveEgressPolicy(
  { policy, leftOut, approval }: Pick<InForce, 'policy' | 'leftOut' | 'approval'>,
  context: ResolveContext,
): Resolved {
  const { metadata, spec } = policy;
  const { action, governance, profile } = spec;
  const origin = policyOrigin('EgressPolicy', metadata, 'Namespace', metadata.namespace, approval);
  const read = readPolicy(governance, readLocalSubject(origin.namespace, spec.subject, context.readings), context);
  if ('fault' in read) return { intents: [], problems: [problemAt(origin, read.field, action, read.fault)] };
  const permit: RuleContext['permit'] = ({ name, allowed }) => {
    if (allowed.length === 0 || requirementsMatch(allowed, context.labelsOf(origin.namespace)))
      return { value: read.value };
    const message = `namespace ${origin.namespace} may not use ExternalService ${name}; ask its owner to allow it`;
    return fault('service-not-allowed', message);
  };
  const graceSeconds = readGrace(spec);
  const rule = { action, subject: read.value, governance, profile, graceSeconds, origin, field: 'spec.to', permit };
  return resolveRule(spec.to, rule, context, leftOut);
}

export function resolveClusterPolicy({ metadata, spec }: ClusterEgressPolicy, context: ResolveContext): Resolved {
  const { egress, governance } = spec;
  const origin = policyOrigin('ClusterEgressPolicy', metadata, spec.tier, '');
  const read = readPolicy(governance, readClusterSubject(spec.subject, context.readings), context);
  if ('fault' in read) {
    const action = egress.some((rule) => rule.action === 'Deny') ? 'Deny' : 'Accept';
    return { intents: [], problems: [problemAt(origin, read.field, action, read.fault)] };
  }
  const permit: RuleContext['permit'] = ({ allowed }) => ({ value: narrow(read.value, allowed) });
  const graceSeconds = readGrace(spec);
  const parts = egress.map(({ action, profile, to }, index) => {
    const field = `spec.egress[${index}].to`;
    const rule = { action, subject: read.value, governance, profile, graceSeconds, origin, field, permit };
    return resolveRule(to, rule, context);
  });
  return { intents: parts.flatMap(({ intents }) => intents), problems: parts.flatMap(({ problems }) => problems) };
}

function readPolicy(
  governance: Governance | undefined,
  subject: Result<Subject>,
  context: ResolveContext,
): { readonly value: Subject } | PlacedFault {
  const lapse = context.lapse(governance);
  if (lapse) return { field: 'spec.governance.expiresAt', fault: lapse };
  return 'fault' in subject ? { field: 'spec.subject', fault: subject.fault } : subject;
}

/** @param leftOut indices of entries that contribute nothing */
function resolveRule(
  to: readonly DestinationRef[],
  rule: RuleContext,
  context: ResolveContext,
  leftOut?: ReadonlySet<number>,
): Resolved {
  const intents: Intent[] = [];
  const problems: Problem[] = [];
  for (let index = 0; index < to.length; index += 1) {
    const entry = to[index];
    if (entry === undefined || leftOut?.has(index)) continue;
    const origin = entryOrigin(rule.origin, fieldOfEntry(rule.field, index), entry.externalService);
    const read = resolveEntry(entry, rule, origin, context);
    if ('fault' in read) problems.push(problemAt(origin, origin.field, rule.action, read.fault));
    else if (read.value) intents.push(read.value);
  }
  return { intents: intents.slice(), problems: problems.length === 0 ? none : problems };
}

function resolveEntry(
  entry: DestinationRef,
  rule: RuleContext,
  origin: Origin,
  { find, readings }: ResolveContext,
): Result<Intent | undefined> {
  const target = readTarget(entry, find, readings);
  if ('fault' in target) return target;
  const { destination, service } = target.value;
  if (rule.action === 'Deny' && destination.names.length > 0) {
    const message =
      'Deny on a domain name is refused, because its addresses cannot all be known; deny networks instead';
    return fault('deny-on-domain-name', message);
  }
  // `allowedNamespaces` says who may use a service; a Deny does not use it, and must not be weakened by it.
  const subject = service && rule.action !== 'Deny' ? rule.permit(service) : { value: rule.subject };
  if ('fault' in subject) return subject;
  return { value: subject.value && intentOf(rule, subject.value, target.value, origin) };
}

function intentOf(
  { action, governance, profile, graceSeconds }: RuleContext,
  subject: Subject,
  { destination, ports, service }: Target,
  origin: Origin,
): Intent {
  const log = governance?.log === true || service?.log === true;
  const expiresAt = earlier(earlier(governance?.expiresAt, service?.expiresAt), origin.approvedBy?.until);
  const originate = action === 'Accept' && service?.originate === true;
  const intent: Intent = { action, subject, destination, ports, log, origin };
  const special = originate || [profile, expiresAt, graceSeconds].some((one) => one !== undefined);
  if (!special) return intent;
  return {
    ...intent,
    ...(originate ? { originate } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
  };
}

function problemAt(origin: Origin, field: string, action: Intent['action'], { code, message }: Fault): Problem {
  const consequence = {
    Accept: 'it permits nothing',
    Deny: 'this Deny does not hold, and what it was to stop stays open',
    Pass: 'it hands nothing down',
  };
  // That a policy ends is its author's wish; that a Deny ends with a service that it names may be nobody's.
  const wished = code === 'expired' && (action !== 'Deny' || field.startsWith('spec.governance'));
  return {
    severity: wished ? 'warning' : 'error',
    subject: nameOfOrigin(origin),
    field,
    code,
    message: `${message}; until then ${consequence[action]}`,
  };
}
