import { enforcementPointSchema } from '../../src/api/enforcement-point.ts';
import type { EgressPolicy } from '../../src/api/kinds.ts';
import { apiVersion } from '../../src/api/meta.ts';
import type { Namespace, ObjectChange, Pod } from '../../src/core/model/snapshot.ts';
import { podOf } from './cluster.ts';

/*
 * A company with fifty enforcement points, five of each kind. Each covers namespaces of its own, and a few applications in
 * them may go out: most pods of a large cluster are in no group of any device.
 */

export const pods = 150_000;
export const points = 50;
const namespaces = 1_000;
/** Of a point, how many of its namespaces have a policy. */
const policiesPerPoint = 4;

/** What an enforcement point speaks to. */
export interface Device {
  readonly kind: string;
  readonly config: unknown;
  readonly secret: Readonly<Record<string, string>>;
}

export function nameOf({ kind }: Device, i: number): string {
  return `${kind}-${i}`;
}

export function fleetOf(devices: readonly Device[]): ObjectChange[] {
  return [
    ...range(namespaces, (i): ObjectChange => ({ kind: 'Namespace', key: `team-${i}`, object: namespaceOf(i) })),
    ...range(policiesPerPoint * points, (i): ObjectChange => ({
      kind: 'EgressPolicy',
      key: `team-${i}/out`,
      object: policyOf(i),
    })),
    ...range(pods, (i) => changeOf(podOf(i, namespaces))),
    ...devices.map((device, i): ObjectChange => ({
      kind: 'EnforcementPoint',
      key: nameOf(device, i),
      object: pointOf(device, i),
    })),
  ];
}

/** The i-th replacement: a pod that is in a group of point i % 50 ends, and another comes, under an address of its own. */
export function* replaced(i: number): Generator<ObjectChange> {
  const namespace = i % (policiesPerPoint * points);
  const round = Math.floor(i / (policiesPerPoint * points));
  // Every eighth pod of a namespace is of application 0, the one of its policy.
  const old = podOf(namespace + 8 * round * namespaces, namespaces);
  yield { kind: 'Pod', key: `${old.namespace}/${old.name}`, object: undefined };
  const next = namespace + 8 * (round + 1_000) * namespaces;
  yield changeOf({ ...podOf(next, namespaces), addresses: [`10.200.${(i >> 8) & 255}.${i & 255}`] });
}

function namespaceOf(i: number): Namespace {
  return { name: `team-${i}`, labels: { point: `p${i % points}`, 'kubernetes.io/metadata.name': `team-${i}` } };
}

function policyOf(i: number): EgressPolicy {
  const metadata = { name: 'out', namespace: `team-${i}`, uid: `out-${i}`, generation: 1, labels: {}, annotations: {} };
  return {
    apiVersion,
    kind: 'EgressPolicy',
    metadata,
    spec: {
      subject: { podSelector: { matchLabels: { app: 'app-0' } } },
      action: 'Accept',
      to: [{ networks: [`203.0.113.${i % 250}/32`], ports: [{ port: 443, protocol: 'TCP' }] }],
    },
  };
}

const vantages: Readonly<Record<string, string>> = { 'network-policy': 'Labels', istio: 'Identity' };

function pointOf(device: Device, i: number) {
  const name = nameOf(device, i);
  return enforcementPointSchema.parse({
    apiVersion,
    kind: 'EnforcementPoint',
    metadata: { name, uid: name, generation: 1 },
    spec: {
      adapter: device.kind,
      mode: 'Enforce',
      vantage: { type: vantages[device.kind] ?? 'Pod' },
      namespaceSelector: { matchLabels: { point: `p${i % points}` } },
      clusterNetworks: ['10.0.0.0/8'],
      secretRef: { name },
      config: device.config,
    },
  });
}

function changeOf(pod: Pod): ObjectChange {
  return { kind: 'Pod', key: `${pod.namespace}/${pod.name}`, object: pod };
}

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
