import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeApiServer } from '../../test/kit/api-server.ts';
import { Transport } from '../kube/client/transport.ts';
import { leadWhenElected, type Leadership } from './leadership.ts';

let fake: FakeApiServer;
let api: Transport;

beforeEach(async () => {
  fake = await FakeApiServer.start();
  api = new Transport(fake.credentials());
});

afterEach(async () => {
  api.close();
  await fake.stop();
});

it('leads again, in another term, when what it did in one ended in an error', async () => {
  let lease: Record<string, unknown> | undefined;
  let version = 0;
  fake.instead = ({ method }, body) => {
    if (method === 'GET') return lease ? [200, lease] : [404, { kind: 'Status', code: 404, reason: 'NotFound' }];
    version += 1;
    const written = JSON.parse(body) as { readonly metadata: object };
    lease = { ...written, metadata: { ...written.metadata, resourceVersion: String(version) } };
    return [200, lease];
  };
  const stop = new AbortController();
  const terms: Leadership[] = [];
  const clock = {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 5)),
  };
  const reports: string[] = [];
  const lead = (term: Leadership): Promise<void> => {
    terms.push(term);
    if (terms.length === 1) return Promise.reject(new Error('the disk is full'));
    return new Promise((resolve) => term.signal.addEventListener('abort', () => resolve()));
  };
  const deps = {
    api,
    namespace: 'postern-system',
    clock,
    random: () => 0,
    report: (text: string) => reports.push(text),
  };
  const done = leadWhenElected({ ...deps, lead }, stop.signal);
  await vi.waitFor(() => expect(terms).toHaveLength(2), { timeout: 30_000 });
  expect([terms[0]?.signal.aborted, (terms[1]?.token ?? 0) > (terms[0]?.token ?? Infinity)]).toEqual([true, true]);
  expect(reports.slice(0, 2)).toEqual([
    'the disk is full',
    'leader election: no longer leading, the term ended in an error',
  ]);
  stop.abort();
  await done;
});
