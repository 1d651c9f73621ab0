import { aSnapshot } from '../../../../test/kit/builders.ts';
import type { ClusterEgressPolicy, EgressPolicy, EnforcementPoint, ExternalService } from '../../../api/kinds.ts';
import { apiVersion, type ObjectMeta } from '../../../api/meta.ts';
import type { Labels, Namespace, Node, ObjectChange, Pod, Snapshot, SnapshotKinds } from '../../model/snapshot.ts';
import { toChanges } from '../changes.ts';

/*
 * Objects for tests, with the defaults of the schemas but without their checks: the compiler must also stand what the
 * schemas would refuse.
 */

type Meta = Partial<Pick<ObjectMeta, 'labels' | 'uid' | 'generation' | 'creationTimestamp'>>;

export function namespace(name: string, labels: Labels = {}): Namespace {
  return { name, labels };
}

export function node(name: string, ...addresses: string[]): Node {
  return { name, labels: {}, addresses };
}

/** `test-app/a-1`, running and created at the epoch of this project. */
export function pod(key: string, fields: Partial<Pod> = {}): Pod {
  const [space = '', name = ''] = key.split('/');
  return {
    uid: `uid-${key}`,
    namespace: space,
    name,
    labels: {},
    serviceAccount: 'default',
    node: '',
    hostNetwork: false,
    phase: 'Running',
    deleting: false,
    addresses: [],
    created: '2026-01-01T00:00:00Z',
    workload: `Pod/${name}`,
    ...fields,
  };
}

export function service(name: string, spec: Partial<ExternalService['spec']>, meta: Meta = {}): ExternalService {
  const metadata = metadataOf(name, meta);
  return { apiVersion, kind: 'ExternalService', metadata, spec: { tls: 'Passthrough', ...spec } };
}

/** `test-app/allow-github`. */
export function policy(
  key: string,
  spec: Partial<EgressPolicy['spec']> & Pick<EgressPolicy['spec'], 'to'>,
  meta: Meta = {},
): EgressPolicy {
  const [space = '', name = ''] = key.split('/');
  const metadata = { ...metadataOf(name, meta), namespace: space };
  return {
    apiVersion,
    kind: 'EgressPolicy',
    metadata,
    spec: { subject: { allPods: true }, action: 'Accept', ...spec },
  };
}

export function clusterPolicy(
  name: string,
  spec: Partial<ClusterEgressPolicy['spec']> & Pick<ClusterEgressPolicy['spec'], 'egress'>,
  meta: Meta = {},
): ClusterEgressPolicy {
  const defaults = { tier: 'Admin', priority: 10, subject: { allNamespaces: true, allPods: true } } as const;
  const metadata = metadataOf(name, meta);
  return { apiVersion, kind: 'ClusterEgressPolicy', metadata, spec: { ...defaults, ...spec } };
}

export function point(name: string, spec: Partial<EnforcementPoint['spec']> = {}, meta: Meta = {}): EnforcementPoint {
  const defaults: EnforcementPoint['spec'] = {
    adapter: 'memory',
    mode: 'Observe',
    vantage: { type: 'Pod' },
    config: {},
    guard: { maxRemovals: 50, maxRemovalsPercent: 20 },
    defaultAction: 'Deny',
  };
  const metadata = metadataOf(name, meta);
  return { apiVersion, kind: 'EnforcementPoint', metadata, spec: { ...defaults, ...spec } };
}

export function changesOf(parts: Partial<Snapshot>): ObjectChange[] {
  return toChanges(aSnapshot(parts));
}

export function gone(kind: keyof SnapshotKinds, key: string): ObjectChange {
  return { kind, key, object: undefined };
}

function metadataOf(name: string, meta: Meta): ObjectMeta {
  return { name, uid: '', generation: 0, labels: {}, annotations: {}, ...meta };
}
