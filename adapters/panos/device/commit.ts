import { z } from 'zod';
import { textOf } from '../../../kit/common/api/json.ts';
import { at, elementsIn, elementText } from '../../../kit/common/api/xml.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { AdapterError, type ErrorClass } from '../../../src/adapter/errors.ts';
import type { Json } from '../../../src/core/model/json.ts';
import type { ResourceKey } from '../../../src/core/model/resource.ts';
import type { Panos } from './device.ts';

/* A commit of our own edits is a job that takes a minute or more; its number outlives whoever started it. */

const pollAfterMs = 5_000;
const handleSchema = z.object({
  job: z.string().regex(/^\d+$/),
  keys: z.array(z.object({ kind: z.string(), name: z.string() })),
});

/** Starts it; done where there is nothing to commit. */
export async function commit({ ask, admin }: Panos, keys: readonly ResourceKey[]): Promise<readonly Outcome[]> {
  const cmd = { commit: { partial: { admin: { member: [admin] } } } };
  const answer = await ask({ type: 'commit', what: 'commit own edits', action: 'partial', cmd });
  const job = elementText(at(answer, 'result', 'job'));
  if (job === '') return keys.map((key) => ({ key, result: 'done' }));
  return pending(JSON.stringify({ job, keys }), keys, 'enqueued');
}

/** @throws AdapterError `busy` while a commit of ours is at work of which nobody knows any more */
export async function refuseSecond({ ask, admin }: Panos): Promise<void> {
  const cmd = { show: { jobs: { pending: '' } } };
  const answer = await ask({ type: 'op', what: 'show jobs pending', reads: true, cmd });
  const ours = elementsIn(at(answer, 'result', 'job')).find(
    (job) => isCommit(job) && elementText(at(job, 'user')) === admin,
  );
  if (ours === undefined) return;
  throw new AdapterError(
    'busy',
    `Commit job ${elementText(at(ours, 'id'))} of ${admin} is still at work; nothing is edited meanwhile.`,
  );
}

function isCommit(job: Json): boolean {
  return elementText(at(job, 'type')).startsWith('Commit') && elementText(at(job, 'status')) !== 'FIN';
}

export async function pollCommit({ ask }: Panos, handle: string): Promise<readonly Outcome[]> {
  const { job: id, keys } = handleSchema.parse(JSON.parse(handle));
  const cmd = { show: { jobs: { id } } };
  const answer = await ask({ type: 'op', what: 'show jobs id', reads: true, cmd });
  const [job = ''] = elementsIn(at(answer, 'result', 'job'));
  const status = elementText(at(job, 'status'));
  if (status === '')
    throw new AdapterError('transient', 'GET /api/ (show jobs id): the answer does not say how the commit is.');
  if (status !== 'FIN') return pending(handle, keys, status);
  if (elementText(at(job, 'result')) === 'OK') return keys.map((key) => ({ key, result: 'done' }));
  const error = failed(id, detailsOf(job));
  return keys.map((key) => ({ key, result: 'error', error }));
}

function pending(handle: string, keys: readonly ResourceKey[], deviceSays: string): readonly Outcome[] {
  return keys.map((key) => ({ key, result: 'pending', handle, pollAfterMs, deviceSays }));
}

function detailsOf(job: Json): string {
  const lines = elementsIn(at(job, 'details', 'line')).map(elementText);
  return textOf(lines.filter((line) => line !== '').join('; ')).slice(0, 300);
}

/** What does not fit fails for ever; what somebody else holds up does not. */
function failed(id: string, details: string): AdapterError {
  const isPassing = /in progress|lock|timed? ?out|not ready|cancel/i.test(details);
  const errorClass: ErrorClass = isPassing ? 'busy' : 'invalid';
  const message = `Commit job ${id} failed (${details || 'no details'}). Nothing of it is in force; our edits are taken back before the next one.`;
  return new AdapterError(errorClass, message, { request: 'GET /api/ (show jobs id)', status: 200 });
}
