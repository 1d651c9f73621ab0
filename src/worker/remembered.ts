import type { Session } from '../adapter/adapter.ts';
import type { CallPace } from './sync/call-pace.ts';
import type { Leftover } from './sync/member-objects.ts';

/** How a device is asked, as far as its answers have told, and what is left to do there. */
export interface KnownDevice {
  readonly pace: CallPace;
  readonly leftovers: readonly Leftover[];
}

/** What a worker remembers of its points from one turn to the next. */
export class Remembered {
  readonly devices = new Map<string, KnownDevice>();
  /** Sessions that have read their device and found nothing in the way. */
  readonly familiar = new WeakSet<Session>();
  /** Points that were read while the outcome of a write was not known: a device may carry out later what it did not answer in time. */
  readonly unsure = new Set<string>();
}
