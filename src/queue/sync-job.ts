import { UnrecoverableError, type Job, type JobsOptions } from 'bullmq';
import { z } from 'zod';
import type { SyncRequest } from './requests.ts';

/** A job holds the name of an enforcement point and nothing else: the handler reads what there is to do. */
const jobSchema = z.strictObject({ point: z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/) });

export const syncJob = 'sync';

/**
 * The point of a job.
 *
 * @throws UnrecoverableError naming a job that is not ours, which the library then does not try again
 */
export function pointOf(job: Job): string {
  const parsed = jobSchema.safeParse(job.data);
  if (job.name === syncJob && parsed.success) return parsed.data.point;
  const what = job.name === syncJob ? 'does not name an enforcement point' : 'has an unknown name';
  throw new UnrecoverableError(`Job ${printable(job.id ?? '')} (${printable(job.name)}) ${what}; it is not handled.`);
}

/**
 * At most one job waits for each point, and one more is remembered while a job runs. Not `replace`: requests in quick
 * succession would postpone the job for ever. Every job has a priority, since the library starts jobs without one
 * first.
 */
export function jobOptions(id: string, point: string, { delayMs, urgent }: SyncRequest): JobsOptions {
  return {
    jobId: id,
    delay: delayMs,
    priority: urgent ? 1 : 2,
    deduplication: { id: point, keepLastIfActive: true, reschedule: true },
    // A job fails only when Redis does: then it is tried until it succeeds.
    attempts: 1_000_000,
    backoff: { type: 'fixed', delay: 1_000 },
    removeOnComplete: true,
    removeOnFail: { count: 100 },
  };
}

/** Text from another program, for a message: quoted, and cut to 80 characters. */
function printable(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
