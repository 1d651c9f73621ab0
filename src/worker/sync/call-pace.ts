/** How many calls one device is asked to deal with at once, and how far apart they begin. */
export interface CallPace {
  /** Calls in flight at most, for now. */
  readonly limit: number;
  /** What a call takes: lately, and when it took least, in milliseconds. 0: not known. */
  readonly usualMs: number;
  readonly leastMs: number;
  /** Calls in a row that were as quick as the device is; negative after a refusal. */
  readonly calm: number;
}

/** Nothing is known of the device: one call at a time. */
export const cautious: CallPace = { limit: 1, usualMs: 0, leastMs: 0, calm: 0 };

/** After so many calls that take no longer than usual, one more may be in flight. */
const calmCalls = 2;
/** A device that has refused a call for being asked too much is asked so many times before it is asked more. */
const calmAfterRefusal = -500;
/** Calls take longer when more are in flight than the device deals with at once. */
const tooLong = 1.6;
/** Where a call carries as many members as `burst`, the next begins no closer than this, unless the device is quicker. */
const leastApartMs = 10;
const burst = 4;
/** How much the last call counts of what a call takes, and how quickly it is forgotten how little it once took. */
const [weight, forgets] = [1 / 8, 1.002];

/** The calls in flight to a device. */
export interface DeviceLoad {
  readonly inFlight: number;
  /** Since the last call began, in milliseconds, and how many members it carries. */
  readonly sinceStartMs: number;
  readonly carried: number;
}

/**
 * In how many milliseconds the next call may begin; Infinity: when one has ended. Calls that begin evenly apart keep
 * changes waiting for less than calls that begin as soon as they may, which come in bunches. A few changes are better
 * off apart, for each begins at once; a burst costs the device fewer calls if it goes together.
 */
export function waitMs({ limit, usualMs }: CallPace, { inFlight, sinceStartMs, carried }: DeviceLoad): number {
  if (inFlight >= limit) return Infinity;
  if (inFlight === 0) return 0;
  const together = carried < burst ? 0 : Math.min(usualMs, leastApartMs);
  // A timer takes a millisecond at least.
  return Math.max(0, Math.floor(Math.max(usualMs / limit, together) - sinceStartMs));
}

/** @param most calls that the device deals with at once, as its capabilities say */
export function afterCall({ limit, usualMs, leastMs, calm }: CallPace, tookMs: number, most: number): CallPace {
  const least = leastMs === 0 ? tookMs : Math.min(tookMs, leastMs * forgets);
  const usual = usualMs === 0 ? tookMs : usualMs + weight * (tookMs - usualMs);
  const known = { leastMs: least, usualMs: usual };
  if (limit > 1 && usual > tooLong * least) return { ...known, limit: 1, usualMs: least, calm: 0 };
  const soFar = tookMs <= tooLong * least ? calm + 1 : Math.min(calm, 0);
  if (soFar < calmCalls) return { ...known, limit: Math.min(limit, most), calm: soFar };
  return { ...known, limit: Math.min(limit + 1, most), calm: 0 };
}

/** The device has said that it is asked too much. */
export function afterRefusal(pace: CallPace): CallPace {
  return { ...pace, limit: 1, calm: calmAfterRefusal };
}
