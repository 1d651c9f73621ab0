import type { Fenced } from '../redis/fencing.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Loss, Resource } from '../core/model/resource.ts';

/** What was on the device of a point when it was as desired. The consistency check compares it with other layers. */
export interface Reading {
  readonly point: string;
  /** Version of the desired state at that time. */
  readonly version: number;
  readonly resources: readonly Resource[];
  /** What others have written there that decides beside ours; absent: nothing. */
  readonly others?: readonly Resource[];
  readonly losses: readonly Loss[];
}

/** What of the desired state of a point with change windows was in force last: workers store it, and hold to it while it is closed. */
export interface InForceStore {
  /** Replaces what was kept before. Members of groups are not kept. */
  keepInForce(point: string, desired: DesiredState): Promise<void>;
  inForce(point: string): Promise<DesiredState | undefined>;
  forgetInForce(point: string): Promise<void>;
}

/** The last reading of every point: workers store it, the controller compares it. */
export interface ReadingStore extends InForceStore, Fenced<ReadingStore> {
  /** Replaces the reading before. */
  keep(reading: Reading): Promise<void>;
  /** The device may differ from its last reading. */
  forget(point: string): Promise<void>;
  /** Version of the last reading; undefined: there is none. */
  version(point: string): Promise<number | undefined>;
  last(point: string): Promise<Reading | undefined>;
}

export class MemoryReadingStore implements ReadingStore {
  readonly #readings = new Map<string, Reading>();
  readonly #inForce = new Map<string, DesiredState>();

  keep(reading: Reading): Promise<void> {
    this.#readings.set(reading.point, reading);
    return Promise.resolve();
  }

  under(): ReadingStore {
    return this;
  }

  forget(point: string): Promise<void> {
    this.#readings.delete(point);
    return Promise.resolve();
  }

  version(point: string): Promise<number | undefined> {
    return Promise.resolve(this.#readings.get(point)?.version);
  }

  last(point: string): Promise<Reading | undefined> {
    return Promise.resolve(this.#readings.get(point));
  }

  keepInForce(point: string, desired: DesiredState): Promise<void> {
    this.#inForce.set(point, withoutMembers(desired));
    return Promise.resolve();
  }

  inForce(point: string): Promise<DesiredState | undefined> {
    return Promise.resolve(this.#inForce.get(point));
  }

  forgetInForce(point: string): Promise<void> {
    this.#inForce.delete(point);
    return Promise.resolve();
  }
}

/** Rules and whom they are for; who that is now, the device and the desired state say. */
export function withoutMembers({ withheld: _, ...desired }: DesiredState): DesiredState {
  return { ...desired, groups: desired.groups.map((group) => ({ ...group, members: [] })) };
}
