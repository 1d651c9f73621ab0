import { UnrecoverableError, type Job, type JobsOptions } from 'bullmq';
import { z } from 'zod';
import type { SyncRequest } from './requests.ts';

/** A job is the name of an enforcement point and nothing else: what is to be done is read when it is done. */
const jobSchema = z.strictObject({ point: z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/) });

export const syncJob = 'sync';

/**
 * The point a job speaks of.
 *
 * @throws UnrecoverableError naming a job that is not ours, so that it is put away and not tried again
 */
export function pointOf(job: Job): string {
  const parsed = jobSchema.safeParse(job.data);
  if (job.name === syncJob && parsed.success) return parsed.data.point;
  const what = job.name === syncJob ? 'does not name an enforcement point' : 'has an unknown name';
  throw new UnrecoverableError(`Job ${printable(job.id ?? '')} (${printable(job.name)}) ${what}; it is not handled.`);
}

/**
 * One job waits per point at most, and one more is remembered while one runs. Not `replace`: requests that follow
 * each other closely would push the job ahead of them for ever. Every job has a priority: the library starts those
 * without before all others.
 */
export function jobOptions(id: string, point: string, { delayMs, urgent }: SyncRequest): JobsOptions {
  return {
    jobId: id,
    delay: delayMs,
    priority: urgent ? 1 : 2,
    deduplication: { id: point, keepLastIfActive: true, reschedule: true },
    // Only Redis failing ends a job badly: then it is tried until it ends well.
    attempts: 1_000_000,
    backoff: { type: 'fixed', delay: 1_000 },
    removeOnComplete: true,
    removeOnFail: { count: 100 },
  };
}

/** Foreign text in a message: no line breaks, no end. */
function printable(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
