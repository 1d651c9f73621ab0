import { z } from 'zod';
import { textOf } from '../../../kit/common/api/json.ts';
import { at, elementsIn, elementText } from '../../../kit/common/api/xml.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { AdapterError, type ErrorClass } from '../../../src/adapter/errors.ts';
import type { Json } from '../../../src/core/model/json.ts';
import type { ResourceKey } from '../../../src/core/model/resource.ts';
import type { Panos } from './device.ts';

/* A commit of our own edits is a job that takes a minute or more; its number outlives the process that started it. */

const pollAfterMs = 5_000;
const handleSchema = z.object({
  job: z.string().regex(/^\d+$/),
  step: z.enum(['commit', 'push']),
  keys: z.array(z.object({ kind: z.string(), name: z.string() })),
});

/** Starts it; done where there is nothing to commit, unless a Panorama has to push it. */
export async function commit(device: Panos, keys: readonly ResourceKey[]): Promise<readonly Outcome[]> {
  const { ask, admin } = device;
  const cmd = { commit: { partial: { admin: { member: [admin] } } } };
  const answer = await ask({ type: 'commit', what: 'commit own edits', action: 'partial', cmd });
  const job = elementText(at(answer, 'result', 'job'));
  if (job === '') return await committed(device, keys);
  return pending(JSON.stringify({ job, step: 'commit', keys }), keys, 'enqueued');
}

/** A Panorama has it; the firewall gets it by a second job. */
async function committed(device: Panos, keys: readonly ResourceKey[]): Promise<readonly Outcome[]> {
  if (device.config.panorama !== undefined) return await push(device, keys);
  return keys.map((key) => ({ key, result: 'done' }));
}

/** Pushes only Postern's committed changes to the one firewall. */
export async function push({ ask, admin, config }: Panos, keys: readonly ResourceKey[]): Promise<readonly Outcome[]> {
  const { deviceGroup = '', firewall = '' } = config.panorama ?? {};
  const group = { entry: { '@name': deviceGroup, devices: { entry: { '@name': firewall } } } };
  const policy = { 'device-group': group, admin: { member: [admin] }, 'include-template': 'no' };
  const cmd = { 'commit-all': { 'shared-policy': policy } };
  const answer = await ask({ type: 'commit', what: 'push own edits', action: 'all', cmd });
  const job = elementText(at(answer, 'result', 'job'));
  if (job === '') return keys.map((key) => ({ key, result: 'done' }));
  return pending(JSON.stringify({ job, step: 'push', keys }), keys, 'push enqueued');
}

/** @throws AdapterError `busy` while an earlier commit of Postern runs whose job number was lost */
export async function refuseSecond({ ask, admin }: Panos): Promise<void> {
  const cmd = { show: { jobs: { pending: '' } } };
  const answer = await ask({ type: 'op', what: 'show jobs pending', reads: true, cmd });
  const ours = elementsIn(at(answer, 'result', 'job')).find(
    (job) => isCommit(job) && elementText(at(job, 'user')) === admin,
  );
  if (ours === undefined) return;
  throw new AdapterError(
    'busy',
    `Commit job ${elementText(at(ours, 'id'))} of ${admin} is still running; Postern edits nothing until it has ended.`,
  );
}

function isCommit(job: Json): boolean {
  return elementText(at(job, 'type')).startsWith('Commit') && elementText(at(job, 'status')) !== 'FIN';
}

export async function pollCommit(device: Panos, handle: string): Promise<readonly Outcome[]> {
  const { job: id, step, keys } = handleSchema.parse(JSON.parse(handle));
  const cmd = { show: { jobs: { id } } };
  const answer = await device.ask({ type: 'op', what: 'show jobs id', reads: true, cmd });
  const [job = ''] = elementsIn(at(answer, 'result', 'job'));
  const status = elementText(at(job, 'status'));
  if (status === '')
    throw new AdapterError('transient', 'GET /api/ (show jobs id): the answer does not say how the commit is.');
  const results = elementsIn(at(job, 'devices', 'entry')).map((entry) => elementText(at(entry, 'result')));
  if (status !== 'FIN' || results.includes('PEND'))
    return pending(handle, keys, step === 'push' ? `push ${status}` : status);
  if ([elementText(at(job, 'result')), ...results].every((result) => result === 'OK'))
    return step === 'commit' ? await committed(device, keys) : keys.map((key) => ({ key, result: 'done' }));
  const error = failed(step, id, detailsOf(job));
  return keys.map((key) => ({ key, result: 'error', error }));
}

function pending(handle: string, keys: readonly ResourceKey[], deviceSays: string): readonly Outcome[] {
  return keys.map((key) => ({ key, result: 'pending', handle, pollAfterMs, deviceSays }));
}

function detailsOf(job: Json): string {
  const places = [job, ...elementsIn(at(job, 'devices', 'entry'))];
  const lines = places.flatMap((place) => elementsIn(at(place, 'details', 'line')).map(elementText));
  return textOf(lines.filter((line) => line !== '').join('; ')).slice(0, 300);
}

/** Words of the device, not parts of names that it quotes: pn-east-block-dns. */
const passing =
  /(?<![\w-])(?:in progress|lock(?:s|ed)?|timed? ?out|not ready|cancel(?:l?ed)?|connect(?:ion|ed)?|disconnected)(?![\w-])/i;

/** A change that does not fit always fails; one that another client blocks can be retried. */
function failed(step: 'commit' | 'push', id: string, details: string): AdapterError {
  const errorClass: ErrorClass = passing.test(details) ? 'busy' : 'invalid';
  const after =
    step === 'commit'
      ? 'None of its changes are in force; Postern reverts them before the next commit.'
      : 'The firewall has what it had before; the push is tried again.';
  const message = `${step === 'commit' ? 'Commit' : 'Push'} job ${id} failed (${details || 'no details'}). ${after}`;
  return new AdapterError(errorClass, message, { request: 'GET /api/ (show jobs id)', status: 200 });
}
