import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject, WatchEvent } from '../../src/kube/encoding/decode.ts';
import { decodeEvents, decodeList } from '../../src/kube/encoding/decode.ts';
import type { ApiError } from '../../src/kube/api-error.ts';
import { watchedKinds } from '../../src/kube/informer/watched-kinds.ts';
import { fromKubeconfig } from '../../src/kube/client/kubeconfig.ts';
import { isProtobuf, protobufType } from '../../src/kube/encoding/protobuf.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

/** Every field that a view is made of, and many that none is. */
const pods = [
  {
    metadata: {
      name: 'full',
      namespace: 'shop',
      labels: { app: 'shop', empty: '', 'example.com/tier': 'web' },
      annotations: {
        note: 'ä€😀',
        'egress.projectcalico.org/selector': "team == 'exit'",
        'k8s.v1.cni.cncf.io/network-status': '[{"name":"telco/a","ips":["10.9.0.1"]}]',
        'sidecar.istio.io/inject': 'true',
      },
      finalizers: ['example.com/hold'],
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: '1' },
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'shop-7', uid: '2', controller: true },
      ],
    },
    spec: {
      serviceAccountName: 'till',
      nodeName: 'n1',
      hostNetwork: true,
      readinessGates: [{ conditionType: 'example.com/other' }, { conditionType: 'postern.dev/perimeter' }],
      tolerations: [{ key: 'a', operator: 'Exists' }],
      containers: [{ name: 'main', image: 'i', env: [{ name: 'A', value: 'b' }], ports: [{ containerPort: 8080 }] }],
    },
    status: {
      phase: 'Running',
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'postern.dev/perimeter', status: 'True' },
      ],
      hostIP: '192.0.2.9',
      hostIPs: [{ ip: '192.0.2.9' }],
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }, { ip: '2001:db8::1' }],
      startTime: '2026-02-03T04:05:06Z',
      containerStatuses: [{ name: 'main', image: 'i', imageID: 'i', ready: true, restartCount: 300 }],
    },
  },
  {
    metadata: { name: 'bare', namespace: 'shop' },
    spec: { serviceAccountName: 'till', containers: [{ name: 'main', image: 'i' }] },
  },
];
const node = {
  metadata: { name: 'n1', labels: { zone: 'a' } },
  status: {
    capacity: { cpu: '4', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
    addresses: [
      { type: 'InternalIP', address: '192.0.2.9' },
      { type: 'Hostname', address: 'n1' },
    ],
  },
};
const kinds = watchedKinds().filter(({ protobuf: reader }) => reader !== undefined);
const inProtobuf = { accept: `${protobufType}, application/json` };
const json = { accept: 'application/json' };

describe.runIf(hasKubeApiserver())('what a real kube-apiserver says in protobuf', () => {
  let server: KubeApiserver;
  let api: Transport;

  beforeAll(async () => {
    server = await startKubeApiserver();
    api = new Transport(fromKubeconfig({ path: server.kubeconfig }));
    const post = (path: string, body: unknown) => api.request({ method: 'POST', path, body });
    await post('/api/v1/namespaces', { metadata: { name: 'shop', labels: { team: 'shop' } } });
    await post('/api/v1/namespaces/shop/serviceaccounts', { metadata: { name: 'till' } });
    await post('/api/v1/nodes', node);
    for (const pod of pods) {
      await post('/api/v1/namespaces/shop/pods', pod);
      const status = { method: 'PUT', contentType: 'application/json' } as const;
      const path = `/api/v1/namespaces/shop/pods/${pod.metadata.name}/status`;
      if (pod.status) await api.request({ ...status, path, body: pod });
    }
  }, 180_000);

  afterAll(async () => {
    api.close();
    await server.stop();
  });

  it.each(kinds)('lists $plural as it does in JSON', async ({ plural, transform, protobuf: reader }) => {
    const path = `/api/v1/${plural}`;
    const body = await api.bytes({ path, query: { limit: 500 }, ...inProtobuf });
    const binary = decodeList(body, reader);
    // Of the same moment: the control plane itself writes in the meantime.
    const query = { limit: 500, resourceVersion: binary.version, resourceVersionMatch: 'Exact' };
    const plain = await api.bytes({ path, query, ...json });
    const text = decodeList(plain, reader);
    expect([isProtobuf(body), isProtobuf(plain)]).toEqual([true, false]);
    expect(binary.items.map(seen)).toEqual(text.items.map(seen));
    expect(binary.items.length).toBeGreaterThan(0);
    expect(binary.version).toEqual(text.version);

    function seen(object: ApiObject) {
      return { identity: identityOf(object), view: transform(object) };
    }
  });

  it('gives the token of the next page', async () => {
    const { protobuf: reader } = kinds.find(({ plural }) => plural === 'namespaces')!;
    const ask = (query: Readonly<Record<string, string | number>>) =>
      api.bytes({ path: '/api/v1/namespaces', query, ...inProtobuf });
    const first = decodeList(await ask({ limit: 1 }), reader);
    expect(first.items).toHaveLength(1);
    const rest = decodeList(await ask({ limit: 500, continue: first.next! }), reader);
    expect(rest.items.map(({ metadata: { name } }) => name)).toContain('shop');
    expect(rest.next).toBeUndefined();
  });

  it('sends changes, ends and bookmarks on a watch as it does in JSON', async () => {
    const { transform, protobuf: reader } = kinds.find(({ plural }) => plural === 'pods')!;
    const path = '/api/v1/namespaces/shop/pods';
    const { version } = decodeList(await api.bytes({ path }));
    const query = { watch: true, allowWatchBookmarks: true, timeoutSeconds: 4, resourceVersion: version };
    const open = (accept: string) => api.stream({ path, query, accept });
    const streams = await Promise.all([open(`${protobufType};stream=watch, application/json`), open(json.accept)]);
    const reading = Promise.all(streams.map((stream) => all(decodeEvents(stream, reader))));
    const patch = { method: 'PATCH', contentType: 'application/merge-patch+json' } as const;
    await api.request({ method: 'DELETE', path: `${path}/full` });
    await api.request({ ...patch, path: `${path}/full`, body: { metadata: { finalizers: null } } });
    await api.request({ ...patch, path: `${path}/bare`, body: { metadata: { labels: { a: 'b' } } } });
    await api.request({ method: 'DELETE', path: `${path}/bare`, body: { gracePeriodSeconds: 0 } });
    const [binary, text] = await reading;
    expect(binary?.map(told)).toEqual(text?.map(told));
    const types = new Set(binary?.map(({ type }) => type));
    expect([...types].sort()).toEqual(['BOOKMARK', 'DELETED', 'MODIFIED']);

    function told(event: WatchEvent) {
      return 'object' in event ? { ...event, object: identityOf(event.object), view: transform(event.object) } : event;
    }
  });

  it('refuses with the same words', async () => {
    const ask = (path: string, { accept }: { accept: string }) =>
      api.bytes({ path, accept }).then(
        () => undefined,
        (error: unknown) => {
          const { status, reason, message } = error as ApiError;
          return { status, reason, message };
        },
      );
    for (const [path, status] of [
      ['/api/v1/namespaces/nowhere', 404],
      ['/api/v1/namespaces?limit=1&continue=wrong', 400],
    ] as const) {
      const [binary, text] = await Promise.all([inProtobuf, json].map((form) => ask(path, form)));
      expect(binary).toMatchObject({ status });
      expect(binary).toEqual(text);
    }
  });
});

function identityOf({ metadata: { name, namespace, uid, resourceVersion } }: ApiObject) {
  return { name, namespace, uid, resourceVersion };
}

async function all<T>(items: AsyncIterable<Iterable<T>>): Promise<T[]> {
  const found: T[] = [];
  for await (const some of items) found.push(...some);
  return found;
}
