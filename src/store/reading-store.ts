import type { Loss, Resource } from '../core/model/resource.ts';

/** What was read of a point's device when it was as desired, for whoever compares layers. */
export interface Reading {
  readonly point: string;
  /** The publication that the device was read at. */
  readonly version: number;
  readonly resources: readonly Resource[];
  readonly losses: readonly Loss[];
}

/** The last reading of every point: workers keep them, the controller compares them. */
export interface ReadingStore {
  /** In the place of the one before. */
  keep(reading: Reading): Promise<void>;
  /** The device is no longer known to be like that. */
  forget(point: string): Promise<void>;
  /** Of the last reading, without fetching it; undefined: there is none. */
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
