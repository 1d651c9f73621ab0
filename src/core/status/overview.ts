import { z } from 'zod';
import type { Kind } from '../../api/kinds.ts';
import { conditionSchema, type Condition } from '../../api/meta.ts';
import { parseInstant } from '../time/instant.ts';
import { compareText } from '../../api/problem.ts';
import { visibleText } from '../text/visible.ts';

type Ready = 'True' | 'False' | 'Unknown';

/** One enforcement point, as its status in the cluster tells it. */
export interface PointOverview {
  readonly name: string;
  readonly adapter: string;
  readonly mode: string;
  /** What it sees as the source of a flow; empty: not said. */
  readonly vantage: string;
  /** As the device told it when it was last asked; empty: not known. */
  readonly deviceVersion: string;
  readonly ready: Ready;
  /** Wanted there. */
  readonly rules: number;
  /** On the device when it was last read, of those wanted, `4/7`; empty: not known. */
  readonly inForce: string;
  readonly addresses: number;
  /** RFC 3339; null: its data plane does not enforce what is wanted, or it is not known. */
  readonly liveSince: string | null;
  /** Pods whose proxies have what was written, of those that should, `41/42`; empty: not known. */
  readonly proxies: string;
  /** RFC 3339; null: never. */
  readonly lastSyncTime: string | null;
  /** Why it is not ready and what to do; else what its readiness rests on. */
  readonly message: string;
}

/** A policy, a service, or what delegates and approves them. */
export interface ObjectOverview {
  readonly kind: Exclude<Kind, 'EnforcementPoint'>;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly ready: Ready;
  /** Points where it is in force, of those that it concerns: `2/3`. */
  readonly points: string;
  /** The owner; empty: not set. */
  readonly owner: string;
  /** RFC 3339; null: never. */
  readonly expiresAt: string | null;
  readonly message: string;
}

export interface Overview {
  /** Is everything, everywhere, as it should be? */
  readonly ready: boolean;
  readonly points: readonly PointOverview[];
  readonly notReady: readonly ObjectOverview[];
}

const governanceSchema = z.object({ owner: z.string().optional(), expiresAt: z.string().optional() }).catch({});

/** An object as the API server gives it; what another version wrote into its status counts as nothing. */
const objectSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string().default(''),
    generation: z.number().default(0),
  }),
  spec: z
    .object({
      adapter: z.string().catch(''),
      mode: z.string().catch('Observe'),
      vantage: z.object({ type: z.string() }).catch({ type: '' }),
      governance: governanceSchema,
    })
    .catch({ adapter: '', mode: '', vantage: { type: '' }, governance: {} }),
  status: z
    .object({
      observedGeneration: z.number().catch(-1),
      ready: z.enum(['True', 'False', 'Unknown']).catch('Unknown'),
      conditions: z.array(conditionSchema).catch([]),
      rules: z.number().catch(0),
      inForce: z.string().catch(''),
      addresses: z.number().catch(0),
      points: z.string().catch(''),
      deviceVersion: z.string().catch(''),
      liveSince: z.string().nullable().catch(null),
      proxies: z.string().catch(''),
      lastSyncTime: z.string().nullable().catch(null),
    })
    .optional()
    .catch(undefined),
});
type Read = z.output<typeof objectSchema>;

/** A controller has every point read back every few minutes; a point that was not has no running controller. */
const staleMs = 15 * 60_000;

/** By kind, as the API server gives them; a kind that is absent has none. */
type Objects = Readonly<Partial<Record<Kind, readonly unknown[]>>>;

/**
 * What the statuses in a cluster say, at a glance.
 *
 * @param now milliseconds since the epoch
 */
export function overviewOf(objects: Objects, now: number): Overview {
  const points = read(objects.EnforcementPoint ?? []).map((object) => pointOverview(object, now));
  const notReady = objectOverviews(objects).filter(({ ready }) => ready !== 'True');
  return { ready: notReady.length === 0 && points.every(({ ready }) => ready === 'True'), points, notReady };
}

/** All but the points, those that are ready, too. */
export function objectOverviews(objects: Objects): readonly ObjectOverview[] {
  const kinds = [
    'ClusterEgressPolicy',
    'EgressPolicy',
    'ExternalService',
    'EgressDelegation',
    'EgressApproval',
  ] as const;
  return kinds.flatMap((kind) => read(objects[kind] ?? []).map((object) => objectOverview(kind, object)));
}

function read(objects: readonly unknown[]): readonly Read[] {
  const keyOf = ({ metadata }: Read): string => `${metadata.namespace}/${metadata.name}`;
  return objects.map((object) => objectSchema.parse(object)).sort((a, b) => compareText(keyOf(a), keyOf(b)));
}

function pointOverview(object: Read, now: number): PointOverview {
  const { metadata, spec, status } = object;
  const { rules = 0, inForce = '', addresses = 0, liveSince = null, proxies = '', lastSyncTime = null } = status ?? {};
  const { ready, message } = judged(object);
  const at = parseInstant(lastSyncTime ?? '');
  const forgotten = ready === 'True' && at !== undefined && now - at > staleMs;
  return {
    name: metadata.name,
    adapter: spec.adapter,
    mode: spec.mode,
    vantage: spec.vantage.type,
    deviceVersion: status?.deviceVersion ?? '',
    ready: forgotten ? 'Unknown' : ready,
    rules,
    inForce,
    addresses,
    liveSince,
    proxies,
    lastSyncTime,
    message: forgotten ? `Not read back since ${lastSyncTime}: are a controller and a worker running?` : message,
  };
}

function objectOverview(kind: ObjectOverview['kind'], object: Read): ObjectOverview {
  const { namespace, name } = object.metadata;
  const { owner, expiresAt = null } = object.spec.governance;
  return {
    kind,
    namespace,
    name,
    ...judged(object),
    points: object.status?.points ?? '',
    owner: visibleText(owner),
    expiresAt,
  };
}

function judged({ metadata: { generation }, status }: Read): { readonly ready: Ready; readonly message: string } {
  if (status === undefined) return { ready: 'Unknown', message: 'No controller has processed it yet: is one running?' };
  if (status.observedGeneration < generation)
    return { ready: 'Unknown', message: 'No controller has processed it since it was changed: is one running?' };
  return { ready: status.ready, message: why(status.conditions) };
}

/** The worst condition; where all is well, the last word on what is in force. */
function why(conditions: readonly Condition[]): string {
  const of = (status: Ready): Condition | undefined => conditions.find((condition) => condition.status === status);
  const decisive = of('False') ?? of('Unknown') ?? conditions.find(({ type }) => type === 'Programmed');
  return decisive?.message ?? '';
}
