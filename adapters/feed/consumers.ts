import { minOf } from '../../src/core/model/extremes.ts';
import type { ConsumerConfig } from './config.ts';
import { devices, unlimited } from './devices.ts';

/** The least of what all consumers of a feed can do. */
export interface Reach {
  readonly names: boolean;
  /** The first consumer that cannot decide by name. */
  readonly nameless?: ConsumerConfig;
  /** The first consumer that takes no IPv6. */
  readonly ipv4Only?: ConsumerConfig;
  /** Of one list, in all its parts. */
  readonly maxPerList: number;
  readonly maxEntries: number;
  readonly maxLists: number;
}

export function reachOf(consumers: readonly ConsumerConfig[]): Reach {
  const nameless = consumers.find(({ device }) => devices[device].names === 'none');
  const ipv4Only = consumers.find(({ device }) => !devices[device].ipv6);
  return {
    names: nameless === undefined,
    ...(nameless && { nameless }),
    ...(ipv4Only && { ipv4Only }),
    maxPerList: minOf([...consumers.map(perList), unlimited]),
    maxEntries: minOf([
      ...consumers.map(({ device, maxEntries }) => maxEntries ?? devices[device].maxEntries),
      unlimited,
    ]),
    maxLists: minOf([...consumers.map(({ device }) => devices[device].maxLists), unlimited]),
  };
}

/** Parts are of about the same size, so a tenth is left for those that are larger. */
function perList({ device, parts }: ConsumerConfig): number {
  const { maxPerList } = devices[device];
  return parts === 1 ? maxPerList : Math.floor(maxPerList * parts * 0.9);
}
