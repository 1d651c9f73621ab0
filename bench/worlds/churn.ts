import { setTimeout as wait } from 'node:timers/promises';
import { enforcementPointSchema } from '../../src/api/enforcement-point.ts';
import type { EgressPolicy } from '../../src/api/kinds.ts';
import { apiVersion } from '../../src/api/meta.ts';
import type { ObjectChange, Pod } from '../../src/core/model/snapshot.ts';
import { podOf } from './cluster.ts';
import type { Firewall } from '../processes/firewall.ts';
import { queuedMs } from '../processes/run-queue.ts';

const namespaces = 10;
/** Pods at the start; they are deleted one after the other, and new ones with new addresses come. */
const initialPods = 2_000;
export const point = 'edge';

/** Ten teams, each with a destination of its own, behind one FortiGate. */
export function initialCluster(url: string): ObjectChange[] {
  return [
    ...range(namespaces, (i): ObjectChange => ({
      kind: 'Namespace',
      key: `team-${i}`,
      object: { name: `team-${i}`, labels: {} },
    })),
    ...range(namespaces, (i): ObjectChange => ({ kind: 'EgressPolicy', key: `team-${i}/out`, object: policyOf(i) })),
    ...range(initialPods, (i) => podChange(podOf(i, namespaces))),
    { kind: 'EnforcementPoint', key: point, object: pointAt(url) },
  ];
}

function policyOf(i: number): EgressPolicy {
  return {
    apiVersion,
    kind: 'EgressPolicy',
    metadata: { name: 'out', namespace: `team-${i}`, uid: `out-${i}`, generation: 1, labels: {}, annotations: {} },
    spec: {
      subject: { allPods: true },
      action: 'Accept',
      to: [{ networks: [`${destinationOf(i)}/32`], ports: [{ port: 443, protocol: 'TCP' }] }],
    },
  };
}

function pointAt(url: string) {
  return enforcementPointSchema.parse({
    apiVersion,
    kind: 'EnforcementPoint',
    metadata: { name: point, uid: point, generation: 1 },
    spec: {
      adapter: 'fortigate',
      mode: 'Enforce',
      clusterNetworks: ['10.0.0.0/8'],
      secretRef: { name: point },
      config: { url },
    },
  });
}

/** One event of a pod, and what it means. */
export interface Event {
  readonly namespace: string;
  readonly address: string;
  readonly action: 'Accept' | 'Deny';
  readonly change: ObjectChange;
}

/** Pods that go and pods that come, in turn, for ever; no address is used twice. */
export function* replacements(): Generator<Event> {
  for (let i = 0; ; i += 1) {
    const old = podOf(i, namespaces);
    yield eventOf(old, { ...podChange(old), kind: 'Pod', object: undefined }, 'Deny');
    const young = podOf(initialPods + i, namespaces);
    yield eventOf(young, podChange(young), 'Accept');
  }
}

function eventOf({ namespace, addresses }: Pod, change: ObjectChange, action: Event['action']): Event {
  return { namespace, address: addresses[0] ?? '', action, change };
}

/** Lets so many events happen in a second, and tells both sides of each: the firewall that measures, and who has to act. */
export async function churn(
  events: Iterator<Event>,
  { perSecond, count }: { readonly perSecond: number; readonly count: number },
  firewall: Firewall,
  act: (event: Event) => void,
): Promise<void> {
  const started = performance.now();
  for (let done = 0; done < count;) {
    const due = Math.min(count, Math.floor(((performance.now() - started) * perSecond) / 1e3) + 1);
    for (; done < due; done += 1) {
      const { value } = events.next() as { readonly value: Event };
      const { address: src, action, namespace } = value;
      const dst = destinationOf(Number(namespace.replace('team-', '')));
      const at = performance.timeOrigin + performance.now();
      firewall.expect({ src, dst, action, at, queuedMs: queuedMs(process.pid) });
      act(value);
    }
    await wait(Math.max(1, (done / perSecond) * 1e3 - (performance.now() - started)));
  }
}

const destinationOf = (i: number): string => `203.0.113.${i + 1}`;

function podChange(pod: Pod): ObjectChange {
  return { kind: 'Pod', key: `${pod.namespace}/${pod.name}`, object: pod };
}

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
