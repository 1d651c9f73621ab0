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

/** The last reading of every point: workers store it, the controller compares it. */
export interface ReadingStore {
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

  keep(reading: Reading): Promise<void> {
    this.#readings.set(reading.point, reading);
    return Promise.resolve();
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
}
