import { isLive } from '../core/model/pods.ts';
import { isIPv6 } from 'node:net';
import type { Simulator } from '../../kit/simulator/simulator.ts';
import type { Pod, Snapshot } from '../core/model/snapshot.ts';
import { columnsOf } from '../report/matrix/columns.ts';
import { formatAddress } from '../net/address.ts';
import type { FlowSet, Target } from '../verify/flows/flow-set.ts';
import { readIntent } from '../verify/intent/intent.ts';

/** One packet that was tried, and what both sides say of it. */
export interface Trial {
  /** `shop/checkout-1`, or an address without a pod. */
  readonly who: string;
  readonly src: string;
  /** Name or address. */
  readonly to: string;
  /** What the policies call it: `*.example.com` where the packet goes to one of them. */
  readonly destination: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly intent: 'Accept' | 'Deny';
  readonly firewall: 'Accept' | 'Deny';
  /** The rule of the firewall that decided. */
  readonly rule: string;
}

/**
 * Tries packets from every address to every destination: what the intent says, read off the objects directly, against
 * what the firewall's own tables do. Addresses that no pod has any more must reach nothing.
 */
export function prove(
  snapshot: Snapshot,
  abandoned: readonly string[],
  firewall: Pick<Simulator, 'verdict'>,
  now: number,
): readonly Trial[] {
  const intent = readIntent(snapshot, (time) => Date.parse(time) - now);
  const packets = columnsOf(snapshot).flatMap(({ flows }) => flows.flatMap(packetsOf));
  const live = snapshot.pods.filter(hasOwnAddress);
  const sources = [
    ...live.flatMap((pod) =>
      pod.addresses.map((src) => ({ who: `${pod.namespace}/${pod.name}`, src, judge: intent(pod).judge })),
    ),
    ...abandoned.map((src) => ({ who: `no pod (${src})`, src, judge: undefined })),
  ];
  return sources.flatMap(({ who, src, judge }) =>
    packets
      .filter(({ to }) => to.dst === undefined || isIPv6(to.dst) === isIPv6(src))
      .map(({ to, destination, flows, port, protocol }) => {
        const { action, rule } = firewall.verdict({ src, ...to, port, protocol });
        const wanted = judge?.(flows).verdict ?? 'Deny';
        const where = { to: to.host ?? to.dst ?? '', destination, port, protocol };
        return { who, src, ...where, intent: wanted, firewall: action, rule };
      }),
  );
}

function hasOwnAddress(pod: Pod): boolean {
  return isLive(pod) && !pod.hostNetwork;
}

interface Packet {
  readonly to: { readonly host?: string; readonly dst?: string };
  readonly destination: string;
  readonly flows: FlowSet;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** The corners of a set of flows: each name, the first address of each network, both ends of each range of ports. */
function packetsOf({ to, ports }: FlowSet): readonly Packet[] {
  return destinationsOf(to).flatMap((place) =>
    ports.flatMap(({ space, first, last }) => {
      if (space !== 'TCP' && space !== 'UDP') return [];
      return [...new Set([first, last])].map((port) => {
        const flows = { to: place.target, ports: [{ space, first: port, last: port }] };
        return { to: place.to, destination: place.destination, flows, port: Number(port), protocol: space };
      });
    }),
  );
}

function destinationsOf(target: Target): readonly (Pick<Packet, 'to' | 'destination'> & { readonly target: Target })[] {
  if ('name' in target) {
    const host = target.name.replace('*', 'www');
    return [{ to: { host }, destination: target.name, target: { name: host, except: [] } }];
  }
  return target.addresses.flatMap(({ space, first }) => {
    if (space !== 4 && space !== 6) return [];
    const dst = formatAddress({ family: space, value: first });
    return [{ to: { dst }, destination: dst, target: { addresses: [{ space, first, last: first }] } }];
  });
}
