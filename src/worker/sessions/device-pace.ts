import type { Clock } from '../../adapter/adapter.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { Pace } from '../../adapter/http/pace.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Rate, RateLimit } from '../../redis/rate-limit.ts';

export interface DevicePaceDeps {
  readonly limit: RateLimit;
  readonly device: string;
  /** Undefined: as fast as it goes, unless the device itself objects. */
  readonly rate: Rate | undefined;
  readonly clock: Clock;
}

/** A point does not wait here for longer and delay others: it comes back when the device may be asked again. */
const longestWaitMs = 5_000;
/** Where there is no rate, whether another worker was told to leave the device alone is asked this often. */
const lookEveryMs = 1_000;

/** Keeps to one device's rate, together with all workers that share the limit. */
export class DevicePace implements Pace {
  readonly #deps: DevicePaceDeps;
  #clearUntil = -Infinity;

  constructor(deps: DevicePaceDeps) {
    this.#deps = deps;
  }

  /** @throws AdapterError `throttled` when it would take too long to wait for */
  async admit(signal?: AbortSignal): Promise<void> {
    const { limit, device, rate, clock } = this.#deps;
    if (rate === undefined && clock.elapsed() < this.#clearUntil) return;
    for (;;) {
      signal?.throwIfAborted();
      const waitMs = await limit.take(device, rate);
      if (waitMs <= 0) break;
      // A rate of less than one call in that time is waited for all the same.
      if (waitMs > Math.max(longestWaitMs, 2_000 / (rate?.perSecond ?? Infinity))) throw tooLong(waitMs);
      await clock.sleep(waitMs, signal);
    }
    this.#clearUntil = clock.elapsed() + lookEveryMs;
  }

  async pause(ms: number): Promise<void> {
    this.#clearUntil = -Infinity;
    await this.#deps.limit.pause(this.#deps.device, ms);
  }
}

/** Points that lead to one host share its allowance: VDOMs of one FortiGate are one device. */
export function deviceOf({ spec, metadata }: EnforcementPoint): string {
  const url = spec.config['url'];
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).host : metadata.name;
}

export function rateOf({ spec: { limits } }: EnforcementPoint): Rate | undefined {
  return limits && { perSecond: limits.callsPerSecond, burst: limits.burst };
}

/** Its message says the same as long as it lasts. */
function tooLong(retryAfterMs: number): AdapterError {
  return new AdapterError('throttled', 'The device has reached its request limit, or has asked for a pause.', {
    retryAfterMs,
  });
}
