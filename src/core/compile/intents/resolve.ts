import type { ClusterEgressPolicy, EgressPolicy } from '../../../api/kinds.ts';
import type { DestinationRef, Governance, ObjectMeta } from '../../../api/meta.ts';
import type { Origin } from '../../model/desired.ts';
import type { Problem } from '../../model/problem.ts';
import type { Labels } from '../../model/snapshot.ts';
import { requirementsMatch } from '../../select/requirements.ts';
import type { Subject } from '../../select/subject.ts';
import { parseInstant } from '../../model/instant.ts';
import { nameOfOrigin, type Intent } from './intent.ts';
import { fault, type Fault, type Result } from '../inputs/fields.ts';
import {
  readTarget,
  type FindService,
  type PlacedFault,
  type Service,
  type Target,
} from '../inputs/external-service.ts';
import { narrow, readClusterSubject, readLocalSubject } from '../inputs/subject.ts';

/** What a policy contributes, and what is wrong with it. */
export interface Resolved {
  readonly intents: readonly Intent[];
  readonly problems: readonly Problem[];
}

/** What a policy is resolved against. */
export interface ResolveContext {
  readonly find: FindService;
  /** Why an object no longer contributes, if its time is over. */
  readonly lapse: (governance: Governance | undefined) => Fault | undefined;
  readonly labelsOf: (namespace: string) => Labels;
}

/** What the entries of one rule share. */
interface RuleContext {
  readonly action: Intent['action'];
  readonly subject: Subject;
  readonly governance: Governance | undefined;
  readonly profile: string | undefined;
  readonly origin: Origin;
}

/** Who may use a service through this policy; undefined where nobody is left. */
type Permit = (service: Service) => Result<Subject | undefined>;

export function resolveEgressPolicy(policy: EgressPolicy, around: ResolveContext): Resolved {
  const { metadata, spec } = policy;
  const { action, governance, profile } = spec;
  const origin = originOf('EgressPolicy', metadata, 'Namespace', metadata.namespace);
  const read = readPolicy(governance, readLocalSubject(policy), around);
  if ('fault' in read) return { intents: [], problems: [problemAt(origin, read.field, action, read.fault)] };
  const frame: RuleContext = { action, subject: read.value, governance, profile, origin };
  const permit: Permit = ({ name, allowed }) => {
    if (requirementsMatch(allowed, around.labelsOf(metadata.namespace))) return { value: read.value };
    const message = `namespace ${metadata.namespace} may not use ExternalService ${name}; ask its owner to allow it`;
    return fault('service-not-allowed', message);
  };
  return resolveRule(spec.to, 'spec.to', frame, around, permit);
}

export function resolveClusterPolicy({ metadata, spec }: ClusterEgressPolicy, around: ResolveContext): Resolved {
  const { egress, governance } = spec;
  const origin = originOf('ClusterEgressPolicy', metadata, spec.tier, '');
  const read = readPolicy(governance, readClusterSubject(spec.subject), around);
  if ('fault' in read) {
    const action = egress.some((rule) => rule.action === 'Deny') ? 'Deny' : 'Accept';
    return { intents: [], problems: [problemAt(origin, read.field, action, read.fault)] };
  }
  const permit: Permit = ({ allowed }) => ({ value: narrow(read.value, allowed) });
  const parts = egress.map(({ action, profile, to }, index) => {
    const frame: RuleContext = { action, subject: read.value, governance, profile, origin };
    return resolveRule(to, `spec.egress[${index}].to`, frame, around, permit);
  });
  return { intents: parts.flatMap(({ intents }) => intents), problems: parts.flatMap(({ problems }) => problems) };
}

function readPolicy(
  governance: Governance | undefined,
  subject: Result<Subject>,
  around: ResolveContext,
): { readonly value: Subject } | PlacedFault {
  const lapse = around.lapse(governance);
  if (lapse) return { field: 'spec.governance.expiresAt', fault: lapse };
  return 'fault' in subject ? { field: 'spec.subject', fault: subject.fault } : subject;
}

function resolveRule(
  to: readonly DestinationRef[],
  field: string,
  frame: RuleContext,
  around: ResolveContext,
  permit: Permit,
): Resolved {
  const intents: Intent[] = [];
  const problems: Problem[] = [];
  for (const [index, entry] of to.entries()) {
    const origin = entryOf(frame.origin, `${field}[${index}]`, entry.externalService);
    const read = resolveEntry(entry, frame, origin, around.find, permit);
    if ('fault' in read) problems.push(problemAt(origin, origin.field, frame.action, read.fault));
    else if (read.value) intents.push(read.value);
  }
  return { intents: intents.slice(), problems };
}

function resolveEntry(
  entry: DestinationRef,
  frame: RuleContext,
  origin: Origin,
  find: FindService,
  permit: Permit,
): Result<Intent | undefined> {
  const target = readTarget(entry, find);
  if ('fault' in target) return target;
  const { destination, service } = target.value;
  if (frame.action === 'Deny' && destination.names.length > 0) {
    const message =
      'Deny on a domain name is refused, because nobody knows all of its addresses; deny networks instead';
    return fault('deny-on-domain-name', message);
  }
  // `allowedNamespaces` says who may use a service; a Deny does not use it, and must not be weakened by it.
  const subject = service && frame.action !== 'Deny' ? permit(service) : { value: frame.subject };
  if ('fault' in subject) return subject;
  return { value: subject.value && intentOf(frame, subject.value, target.value, origin) };
}

function intentOf(
  { action, governance, profile }: RuleContext,
  subject: Subject,
  { destination, ports, service }: Target,
  origin: Origin,
): Intent {
  const log = governance?.log === true || service?.log === true;
  const expiresAt = earlier(governance?.expiresAt, service?.expiresAt);
  const originate = action === 'Accept' && service?.originate === true;
  const intent: Intent = { action, subject, destination, ports, log, origin };
  if (profile === undefined && expiresAt === undefined && !originate) return intent;
  return {
    ...intent,
    ...(originate ? { originate } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function originOf(
  kind: Origin['kind'],
  metadata: Pick<ObjectMeta, 'name' | 'uid' | 'generation' | 'changedBy'>,
  tier: Origin['tier'],
  namespace: string,
): Origin {
  const { changedBy } = metadata;
  return {
    kind,
    namespace,
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation,
    tier,
    field: 'spec',
    ...(changedBy && { changedBy }),
  };
}

/** Spelled out, because there are many, and objects put together from parts take several times the memory. */
function entryOf(origin: Origin, field: string, externalService: string | undefined): Origin {
  const { kind, namespace, name, uid, generation, tier, changedBy } = origin;
  const entry: Origin =
    externalService === undefined
      ? { kind, namespace, name, uid, generation, tier, field }
      : { kind, namespace, name, uid, generation, tier, field, externalService };
  return changedBy === undefined ? entry : { ...entry, changedBy };
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

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (parseInstant(b) ?? Infinity) < (parseInstant(a) ?? Infinity) ? b : a;
}
