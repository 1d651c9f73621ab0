import type { Proxies, ProxyBehind, ProxyCount } from '../model/proxies.ts';
import { firstFew } from '../text/wording.ts';
import type { Judgement } from './conditions.ts';

const type = 'Live';

/** The proxies before some workloads. */
export interface ProxyShare extends ProxyCount {
  /** Of those that lack it, the first few. */
  readonly behind: readonly ProxyBehind[];
}

/** All of them, gateways included. */
export function allProxies({ by, behind }: Proxies): ProxyShare {
  return { ...sum(Object.values(by)), behind };
}

/** @param members identities as groups have them: `shop/checkout` */
export function proxiesOf({ by, behind }: Proxies, members: Iterable<string>): ProxyShare {
  const wanted = new Set(members);
  const counts = Object.entries(by).flatMap(([identity, count]) => (wanted.has(identity) ? [count] : []));
  return { ...sum(counts), behind: behind.filter(({ of }) => wanted.has(of)) };
}

/** `41/42` */
export function proxiesText({ current, pods }: ProxyCount): string {
  return `${current}/${pods}`;
}

const shown = 5;

/** Have the proxies what was written? The message says the same as long as the same ones lack it. */
export function liveOf(point: string, { pods, current, behind }: ProxyShare): Judgement {
  if (pods === 0) return { type, status: 'True', reason: 'NoPods', message: `${point}: no pod of its subjects runs.` };
  if (current === pods) return { type, status: 'True', reason: 'Live', message: `${point}: every proxy has it.` };
  const each = behind.map(({ pod, reason }) => `${pod} ${reason}`);
  const named = firstFew(each, shown, '; ', pods - current);
  return { type, status: 'False', reason: 'ProxiesBehind', message: `${point}: ${named}.` };
}

function sum(counts: readonly ProxyCount[]): ProxyCount {
  return counts.reduce<ProxyCount>(
    (total, { pods, current }) => ({ pods: total.pods + pods, current: total.current + current }),
    { pods: 0, current: 0 },
  );
}
