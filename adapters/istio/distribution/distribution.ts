import { maxOf } from '../../../src/core/model/extremes.ts';
import type { Live } from '../../../src/adapter/adapter.ts';
import type { ProxyBehind, ProxyCount } from '../../../src/core/model/proxies.ts';
import { firstFew } from '../../../src/core/text/wording.ts';
import type { IstioConfig } from '../config.ts';
import { isOf, type Expected, type ExpectedGateway } from './expected.ts';
import type { ProxyStatus } from './messages.ts';
import { bypassOf, type MeshPod } from './pods.ts';
import { lagOf } from './proxy-lag.ts';

interface Seen {
  readonly plane: IstioConfig['plane'];
  readonly expected: Expected;
  readonly pods: readonly MeshPod[];
  readonly proxies: readonly ProxyStatus[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A pod that should have a proxy with what was written, and why it has not. */
interface Judged {
  readonly of: string;
  readonly pod: string;
  readonly reason: string | undefined;
  readonly past?: true;
  /** It has a proxy that refuses what is not granted, and that proxy is behind. */
  readonly decides: boolean;
}

/** As many pods as are told. */
const mostBehind = 100;
const shown = 3;

/**
 * Which proxies have what was written. It is in force when those have it that refuse what is not granted: those of the
 * gateways or the waypoint, and without one the sidecars. A workload that bypasses its proxy is reported and does not delay others.
 */
export function distributionOf(seen: Seen): Live {
  const { plane, expected } = seen;
  const judged = [...expected.gateways.flatMap((gateway) => atGateway(gateway, seen)), ...atWorkloads(seen)];
  const behind = judged.flatMap(({ reason, ...one }) => (reason === undefined ? [] : [{ ...one, reason }]));
  const proxies = { by: counts(judged), behind: behind.slice(0, mostBehind).map(told) };
  const missing = expected.gateways.filter(({ name }) => proxies.by[name] === undefined);
  const obstacles = [
    ...missing.map(({ name }) => `no pod of ${name} is ready`),
    ...behind.filter(({ decides }) => decides).map(({ pod, reason }) => `${pod} ${reason}`),
  ];
  if (obstacles.length > 0) return { state: 'pending', evidence: firstFew(obstacles, shown), proxies };
  return { state: 'live', evidence: `istiod says that ${deciders[plane]} it`, proxies };
}

const deciders = {
  gateway: 'the proxies of the gateway have',
  ambient: 'the waypoint has',
  direct: 'the sidecars have',
} as const;

function atGateway(gateway: ExpectedGateway, { pods, proxies, now }: Seen): readonly Judged[] {
  const known = byPod(proxies);
  return pods
    .filter((pod) => pod.ready && isOf(gateway, pod))
    .map(({ name }) => {
      return { of: gateway.name, pod: name, reason: lagOf(known.get(name), gateway.due, now), decides: true };
    });
}

function atWorkloads({ plane, expected, pods, proxies, now }: Seen): readonly Judged[] {
  const known = byPod(proxies);
  const mode = plane === 'ambient' ? 'ambient' : 'sidecar';
  const isGateway = (pod: MeshPod): boolean => expected.gateways.some((gateway) => isOf(gateway, pod));
  return pods
    .filter((pod) => expected.isSubject(pod) && !isGateway(pod))
    .map((pod) => {
      const { name, namespace, account } = pod;
      const past = bypassOf(pod, mode, expected.ports(namespace));
      const status = known.get(name);
      const lag = mode === 'ambient' ? undefined : lagOf(status, expected.due(namespace), now);
      // A ready sidecar that no istiod knows goes on with what it was told last.
      const decides = plane === 'direct' && past === undefined && (status !== undefined || pod.ready);
      return {
        of: account,
        pod: name,
        reason: past ?? lag,
        decides,
        ...(past !== undefined && { past: true as const }),
      };
    });
}

/** A proxy that connects anew is for a moment known to two istiods; the later word counts. */
function byPod(proxies: readonly ProxyStatus[]): ReadonlyMap<string, ProxyStatus> {
  const known = new Map<string, ProxyStatus>();
  for (const proxy of proxies) {
    const other = known.get(proxy.pod);
    if (other === undefined || newest(proxy) >= newest(other)) known.set(proxy.pod, proxy);
  }
  return known;
}

function newest({ types }: ProxyStatus): number {
  return Math.max(0, maxOf([...types.values()].map(({ sentAt = 0 }) => sentAt)));
}

function counts(judged: readonly Judged[]): Readonly<Record<string, ProxyCount>> {
  const by = new Map<string, { pods: number; current: number }>();
  for (const { of, reason } of judged) {
    const count = by.get(of) ?? { pods: 0, current: 0 };
    count.pods += 1;
    if (reason === undefined) count.current += 1;
    by.set(of, count);
  }
  return Object.fromEntries([...by].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function told({ of, pod, reason, past }: ProxyBehind): ProxyBehind {
  return { of, pod, reason, ...(past && { past }) };
}
