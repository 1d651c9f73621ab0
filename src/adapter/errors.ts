import type { DeviceReason } from '../api/condition-reasons.ts';

/** What a failed device call means, whatever the vendor calls it. */
export type ErrorClass =
  | 'transient'
  | 'throttled'
  | 'busy'
  | 'conflict'
  | 'auth'
  | 'forbidden'
  | 'invalid'
  | 'quota'
  | 'in-use'
  | 'not-found'
  | 'foreign-owned'
  | 'unsupported'
  | 'failed'
  | 'unrecorded';

/**
 * One row per class: what is done about it and which `Programmed=False` reason it becomes.
 *
 *   retry       again, with growing delay and jitter, or after the delay the device named
 *   replan      observe again and compute a new plan: what we believed about the device is not so
 *   quarantine  do not send the offending change again with the rest, carry on with the rest, tell its owner
 *   hold        stop writing to this device until something changes; a person is needed
 */
export const errorPolicy: Readonly<
  Record<
    ErrorClass,
    {
      readonly then: 'retry' | 'replan' | 'quarantine' | 'hold';
      readonly delayMs: number;
      readonly reason: DeviceReason;
    }
  >
> = {
  transient: { then: 'retry', delayMs: 1_000, reason: 'DeviceUnavailable' },
  throttled: { then: 'retry', delayMs: 5_000, reason: 'DeviceThrottled' },
  busy: { then: 'retry', delayMs: 2_000, reason: 'DeviceBusy' },
  conflict: { then: 'replan', delayMs: 500, reason: 'DeviceChangedMeanwhile' },
  auth: { then: 'hold', delayMs: 300_000, reason: 'CredentialsRefused' },
  forbidden: { then: 'hold', delayMs: 300_000, reason: 'PermissionMissing' },
  invalid: { then: 'quarantine', delayMs: 60_000, reason: 'ChangeRefused' },
  quota: { then: 'quarantine', delayMs: 60_000, reason: 'CapacityExceeded' },
  'in-use': { then: 'quarantine', delayMs: 60_000, reason: 'StillReferenced' },
  'not-found': { then: 'replan', delayMs: 500, reason: 'DeviceChangedMeanwhile' },
  'foreign-owned': { then: 'quarantine', delayMs: 60_000, reason: 'ForeignObject' },
  unsupported: { then: 'quarantine', delayMs: 60_000, reason: 'NotSupportedByDevice' },
  // The device has accepted it and given it up.
  failed: { then: 'replan', delayMs: 30_000, reason: 'DeviceFailed' },
  // Nothing went out: what cannot be recorded is not done.
  unrecorded: { then: 'retry', delayMs: 2_000, reason: 'AuditUnavailable' },
};

/** Delays between tries grow up to this. */
export const longestDelayMs = 300_000;

/** When a device that failed is asked again, as a sentence that stays the same from one failure to the next. */
export function nextTryOf({ errorClass, details: { retryAfterMs } }: AdapterError): string {
  if (retryAfterMs !== undefined) return `Next try in ${Math.ceil(retryAfterMs / 1_000)} s, as the device asks.`;
  const minutes = longestDelayMs / 60_000;
  if (errorClass === 'auth') return `Next try within ${minutes} minutes, and at once when its Secret changes.`;
  if (errorPolicy[errorClass].then === 'hold') return `Next try within ${minutes} minutes.`;
  return `Next try after a delay that grows for as long as it fails, up to ${minutes} minutes.`;
}

export interface AdapterErrorDetails {
  /** The device's own code, `-23`, `01070734:3`; empty if it gave none. */
  readonly code?: string;
  /** HTTP status; 0 when no answer came. */
  readonly status?: number;
  /** `PUT /api/v2/cmdb/firewall/policy/{policyid}`: a template, never a query or a body. */
  readonly request?: string;
  /** The delay the device asked for. */
  readonly retryAfterMs?: number;
  /** The request may have been carried out although no answer came: only a read-back can tell. */
  readonly outcomeUnknown?: boolean;
  /** The request went out on a connection that earlier ones had used. */
  readonly reused?: boolean;
}

/** The only error an adapter lets out. Its message is for a person and never holds a credential or a request body. */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
  readonly errorClass: ErrorClass;
  readonly details: AdapterErrorDetails;

  constructor(errorClass: ErrorClass, message: string, details: AdapterErrorDetails = {}) {
    super(message);
    this.errorClass = errorClass;
    this.details = details;
  }
}

/**
 * Whatever was thrown, as the one error that conditions and retries are made from. An unknown error is treated as a
 * passing one: it is retried, and its message is cut to its first line, for it may hold anything.
 */
export function asAdapterError(error: unknown): AdapterError {
  if (error instanceof AdapterError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AdapterError('transient', message.split('\n', 1)[0] ?? '');
}
