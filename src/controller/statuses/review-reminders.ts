import type { ObjectChange } from '../../core/model/snapshot.ts';
import type { Occurrence } from '../../core/status/transitions.ts';
import { parseInstant } from '../../core/time/instant.ts';

const day = 24 * 60 * 60 * 1_000;
/** So long before its date of review an object is reminded of, each once; the first is when `postern lint` begins to warn. */
const leads = [14 * day, 7 * day, day, 0];
/** Reminders handed out at a time: after a restart many may be due, and the API server is no mailbox. */
const mostAtOnce = 50;

interface Review {
  readonly by: string;
  readonly at: number;
  /** The lead of the last reminder; Infinity: none was given. */
  reminded: number;
}

/**
 * Which objects a person has to review soon, or should have reviewed. Past reminders are not stored: a controller that takes over
 * reminds once more.
 */
export class ReviewReminders {
  /** By `Kind/key`. */
  readonly #reviews = new Map<string, Review>();

  take({ kind, key, object }: ObjectChange): void {
    const governed = kind === 'EgressPolicy' || kind === 'ClusterEgressPolicy' || kind === 'ExternalService';
    const subject = `${kind}/${key}`;
    const by = governed ? object?.spec.governance?.reviewBy : undefined;
    const at = by === undefined ? undefined : parseInstant(by);
    if (by === undefined || at === undefined) this.#reviews.delete(subject);
    else if (this.#reviews.get(subject)?.by !== by) this.#reviews.set(subject, { by, at, reminded: Infinity });
  }

  /** Reminders that are due, each given once; the rest comes with the next calls. */
  due(now: number): ReadonlyMap<string, Occurrence> {
    const due = new Map<string, Occurrence>();
    for (const [subject, review] of this.#reviews) {
      const lead = leads.findLast((one) => review.at - now <= one);
      if (lead === undefined || lead >= review.reminded) continue;
      review.reminded = lead;
      due.set(subject, reminderOf(review, now));
      if (due.size >= mostAtOnce) break;
    }
    return due;
  }
}

function reminderOf({ by, at }: Review, now: number): Occurrence {
  const next = 'review it, and set the next date in spec.governance.reviewBy';
  return at <= now
    ? {
        type: 'Warning',
        reason: 'ReviewOverdue',
        action: 'Review',
        note: `Review overdue since ${by}: ${next}.`,
      }
    : { type: 'Normal', reason: 'ReviewDue', action: 'Review', note: `Review due by ${by}: ${next}.` };
}
