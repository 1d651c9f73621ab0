import { maxOf, minOf } from '../../core/model/extremes.ts';
import type { Outcome } from '../../adapter/adapter.ts';
import type { PendingOperation } from '../../core/model/pending.ts';
import type { ApplyResult } from './apply-batches.ts';

/** What was submitted at one version of a point. */
export interface Submitted {
  readonly version: number;
  readonly result: ApplyResult;
}

/** What a device has accepted, version by version, and is not known to have carried out. */
export class Unconfirmed {
  readonly #versions: (Submitted & { readonly since: number })[] = [];

  /** @param pending all that the device is at work on then */
  add(submitted: Submitted, pending: readonly PendingOperation[]): void {
    this.#versions.push({ ...submitted, since: maxOf(pending.map(({ since }) => since)) });
  }

  /**
   * Takes out, oldest first, the versions of which nothing is pending any more, nor of any before them.
   *
   * @param pending all that the device is at work on now
   */
  takeEnded(pending: readonly PendingOperation[]): readonly Submitted[] {
    const oldest = minOf(pending.map(({ since }) => since));
    const open = this.#versions.findIndex(({ since }) => since >= oldest);
    return this.#versions.splice(0, open === -1 ? this.#versions.length : open).map(done);
  }
}

function done({ version, result }: Submitted): Submitted {
  const outcomes = result.outcomes.map((outcome): Outcome =>
    outcome.result === 'pending' ? { key: outcome.key, result: 'done' } : outcome,
  );
  return { version, result: { ...result, outcomes, pending: [] } };
}
