import { z } from 'zod';
import { kinds, type EgressPolicy } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import { parseObject } from '../../api/parse.ts';
import { digestOf, contentToReview } from '../../core/approval/reviewed-policy.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { parseInstant } from '../../core/time/instant.ts';
import { asApiError } from '../../kube/api-error.ts';
import { openCluster, type ClusterOptions } from '../../kube/client/connect.ts';
import { collectionPath, objectPath } from '../../kube/client/paths.ts';
import type { ApiClient } from '../../kube/client/transport.ts';
import { exitCodes, type ExitCode, type Io } from '../io.ts';

export interface DecisionOptions extends ClusterOptions {
  /** The one that was looked at. */
  readonly generation: number;
  readonly reason?: string;
  /** Of what was looked at: its first digits, eight at least. */
  readonly digest?: string;
}

export interface ApproveOptions extends DecisionOptions {
  /** RFC 3339 time, or a date. */
  readonly until?: string;
  /** Milliseconds. */
  readonly for?: number;
  readonly breakGlass?: true;
}

type Client = Pick<ApiClient, 'request'>;
type Decision = Pick<DecisionOptions, 'generation' | 'reason' | 'digest'> &
  (
    | { readonly decision: 'Denied' }
    | { readonly decision: 'Approved'; readonly until: string; readonly breakGlass?: true }
  );

/** Approves one generation of an EgressPolicy, `namespace/name`, in the name of the caller. */
export async function approve(policy: string, options: ApproveOptions, io: Io): Promise<ExitCode> {
  const until = untilOf(options, io.clock.now());
  const { generation, reason, breakGlass, digest } = options;
  if (breakGlass && reason === undefined) throw new UsageError('say what the emergency is: --reason');
  const api = await openCluster(options);
  const optional = { ...(reason !== undefined && { reason }), ...(digest !== undefined && { digest }) };
  const decision = { decision: 'Approved' as const, until, generation, ...optional };
  const { name, approver } = await decide(api, policy, { ...decision, ...(breakGlass && { breakGlass }) }, io);
  const how = breakGlass ? 'approved, in an emergency,' : 'approved';
  io.out.write(
    `generation ${generation} of ${policy} is ${how} by ${approver} until ${until} (EgressApproval ${name}). Whether that counts: kubectl get ega -n ${namespaceOf(policy)} ${name}\n`,
  );
  return exitCodes.ok;
}

/** Denies one generation of an EgressPolicy; a Denied outweighs approvals. */
export async function deny(policy: string, options: DecisionOptions, io: Io): Promise<ExitCode> {
  const { generation, reason } = options;
  const api = await openCluster(options);
  const decision = { decision: 'Denied' as const, generation, ...(reason !== undefined && { reason }) };
  const { name, approver } = await decide(api, policy, decision, io);
  io.out.write(
    `generation ${generation} of ${policy} is denied by ${approver} (EgressApproval ${name}); what was approved before stays in force.\n`,
  );
  return exitCodes.ok;
}

/** The delegations say how long an approval may last, and whose counts: an approver need not be able to read them. */
function namespaceOf(policy: string): string {
  return policy.split('/', 1)[0] ?? '';
}

function untilOf({ until, for: lasts }: ApproveOptions, now: number): string {
  if ((until === undefined) === (lasts === undefined))
    throw new UsageError('until when? give --until TIME, or --for 90d');
  const at = until === undefined ? now + (lasts ?? 0) : parseInstant(until);
  if (at === undefined)
    throw new UsageError(`--until "${until ?? ''}" is no RFC 3339 time such as 2027-01-31T00:00:00Z`);
  if (at <= now) throw new UsageError(`--until ${until ?? ''} is past: it would not count`);
  return new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

/** @throws UsageError where another generation stands there, or the API server refuses */
async function decide(
  api: Client,
  about: string,
  { generation, digest, ...decided }: Decision,
  { signal }: Pick<Io, 'signal'>,
): Promise<{ readonly name: string; readonly approver: string }> {
  const policy = await readPolicy(api, about, signal);
  const { namespace, name, uid } = policy.metadata;
  const found = reviewedDigest(policy, { generation, digest });
  const approver = await ownName(api, signal);
  const spec = { policy: { name, uid, generation, digest: found }, approver, ...decided };
  const owner = { apiVersion, kind: 'EgressPolicy', name, uid };
  const metadata = { namespace, generateName: `${name.slice(0, 45)}-${generation}-`, ownerReferences: [owner] };
  const path = collectionPath({ apiVersion, plural: kinds.EgressApproval.plural }, namespace);
  const body = { apiVersion, kind: 'EgressApproval', metadata, spec };
  const made = await orUsageError(`${about} could not be decided about`, () =>
    api.request({ method: 'POST', path, body, signal }),
  );
  return { name: madeSchema.parse(made).metadata.name, approver };
}

/**
 * The digest of a policy, if it is still the reviewed one. Labels and author change without a new generation, so
 * that only a digest says that they have not.
 *
 * @throws UsageError where it is another
 */
export function reviewedDigest(
  policy: EgressPolicy,
  { generation, digest = '' }: { readonly generation: number; readonly digest?: string | undefined },
): string {
  const { namespace, name, generation: found } = policy.metadata;
  const about = `${namespace}/${name}`;
  const look = `review it (kubectl get egp -n ${namespace} ${name} -o yaml), and decide about`;
  if (found !== generation)
    throw new UsageError(`${about} is at generation ${found}, not ${generation}: ${look} ${found}`);
  const now = digestOf(contentToReview(policy));
  if (digest !== '' && !/^[0-9a-f]{8,64}$/.test(digest))
    throw new UsageError(
      `--digest "${digest}" is not 8 to 64 hexadecimal digits, as \`postern approvals\` prints them`,
    );
  if (now.startsWith(digest)) return now;
  throw new UsageError(
    `${about} has other labels or another author than the digest covers: ${look} ${now.slice(0, 12)}`,
  );
}

const madeSchema = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });
const reviewSchema = z.looseObject({
  status: z.looseObject({ userInfo: z.looseObject({ username: z.string().min(1) }) }),
});

async function readPolicy(api: Client, about: string, signal: AbortSignal): Promise<EgressPolicy> {
  const [, namespace = '', name = ''] = /^([^/]+)\/([^/]+)$/.exec(about) ?? [];
  if (name === '') throw new UsageError(`which policy? write NAMESPACE/NAME, not "${about}"`);
  const path = objectPath({ apiVersion, plural: kinds.EgressPolicy.plural, namespace, name });
  const read = parseObject(await orUsageError(`${about} cannot be read`, () => api.request({ path, signal })));
  if ('object' in read && read.object.kind === 'EgressPolicy') return read.object;
  throw new UsageError(`${about} cannot be read: ${'problems' in read ? (read.problems[0]?.message ?? '') : ''}`);
}

/** The caller's user name at the API server. */
async function ownName(api: Client, signal: AbortSignal): Promise<string> {
  const version = 'authentication.k8s.io/v1';
  const path = `/apis/${version}/selfsubjectreviews`;
  const body = { apiVersion: version, kind: 'SelfSubjectReview' };
  const review = await orUsageError('the API server does not say who you are', () =>
    api.request({ method: 'POST', path, body, signal }),
  );
  return reviewSchema.parse(review).status.userInfo.username;
}

async function orUsageError(what: string, ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    throw new UsageError(`${what}: ${asApiError(error).message}`);
  }
}
