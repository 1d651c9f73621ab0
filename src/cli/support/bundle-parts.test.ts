import { describe, expect, it } from 'vitest';
import type { ApiClient, ApiRequest } from '../../kube/client/transport.ts';
import { ioOf } from '../testing/run-postern.ts';
import { partsOf } from './bundle-parts.ts';

const secret = 'hunter2-very-secret';
const labels = { 'app.kubernetes.io/name': 'postern' };
const pod = (name: string, restartCount: number, of: object = labels): object => ({
  metadata: { name, namespace: 'postern-system', labels: of },
  spec: { nodeName: 'n1', containers: [{ env: [{ name: 'X', value: secret }] }] },
  status: { phase: 'Running', containerStatuses: [{ name: 'postern', restartCount, ready: true }] },
});

/** Answers by path; what is not there is refused, as to whoever may not read it. */
function apiWith(answers: Readonly<Record<string, unknown>>): ApiClient & { readonly asked: ApiRequest[] } {
  const asked: ApiRequest[] = [];
  const answer = (request: ApiRequest): Promise<unknown> => {
    asked.push(request);
    const found = answers[request.path];
    return found === undefined ? Promise.reject(new Error(`${request.path} is forbidden`)) : Promise.resolve(found);
  };
  return {
    asked,
    request: answer,
    bytes: (request) => answer(request) as Promise<Buffer>,
    stream: () => Promise.reject(new Error('not asked')),
  };
}

const own = '/api/v1/namespaces/postern-system';
const io = ioOf(() => undefined);

describe('a support bundle', () => {
  it('has the last lines of each container of ours, and of the one before a restart, without credentials', async () => {
    const line = Buffer.from(`{"msg":"started"}\n{"msg":"x","note":"token=${secret}"}\n`);
    const api = apiWith({
      [`${own}/pods`]: { items: [pod('worker-1', 0), pod('worker-2', 3), pod('other', 0, {})] },
      [`${own}/pods/worker-1/log`]: line,
      [`${own}/pods/worker-2/log`]: line,
    });
    const logs = (await partsOf(api, io)['logs']?.()) as readonly { readonly lines: readonly string[] }[];
    expect(logs).toMatchObject([
      { pod: 'worker-1', container: 'postern' },
      { pod: 'worker-2', container: 'postern' },
      { pod: 'worker-2', container: 'postern', previous: true },
    ]);
    expect(logs.map(({ lines }) => lines.length)).toEqual([2, 2, 2]);
    expect(JSON.stringify(logs)).not.toContain(secret);
    expect(api.asked.at(-1)?.query).toMatchObject({ previous: true, tailLines: 500 });
  });

  it('says in its place which log cannot be read', async () => {
    const api = apiWith({ [`${own}/pods`]: { items: [pod('worker-1', 0)] } });
    const logs = (await partsOf(api, io)['logs']?.()) as readonly unknown[];
    expect(logs).toEqual([
      { pod: 'worker-1', container: 'postern', notRead: expect.stringContaining('/log is forbidden') as string },
    ]);
  });

  it('has how our pods are doing, and nothing of what they were given', async () => {
    const api = apiWith({ [`${own}/pods`]: { items: [pod('worker-2', 3), pod('other', 0, {})] } });
    expect(await partsOf(api, io)['pods']?.()).toEqual([
      {
        name: 'worker-2',
        node: 'n1',
        phase: 'Running',
        containerStatuses: [{ name: 'postern', restartCount: 3, ready: true }],
      },
    ]);
  });

  it('counts what the cluster has without reading it, as far as somebody may', async () => {
    const api = apiWith({
      '/api/v1/pods': { items: [{}], metadata: { remainingItemCount: 149_999 } },
      '/api/v1/nodes': { items: [] },
    });
    expect(await partsOf(api, io)['sizes']?.()).toEqual({
      pods: 150_000,
      nodes: 0,
      namespaces: { notRead: expect.stringContaining('is forbidden') as string },
    });
    expect(api.asked.map(({ query }) => query)).toEqual([{ limit: 1 }, { limit: 1 }, { limit: 1 }]);
  });

  it('has settings without what sounds like a credential', async () => {
    const items = [
      { metadata: { name: 'postern' }, data: { POSTERN_CLUSTER: 'blue', REDIS_PASSWORD: secret } },
      { metadata: { name: 'kube-root-ca.crt' }, data: {} },
    ];
    const api = apiWith({ [`${own}/configmaps`]: { items } });
    expect(await partsOf(api, io)['settings']?.()).toEqual([
      { name: 'postern', values: { POSTERN_CLUSTER: 'blue', REDIS_PASSWORD: '[redacted]' } },
    ]);
  });
});
