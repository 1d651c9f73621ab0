import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectClient } from '../../src/kube/objects/object-client.ts';
import { fromKubeconfig } from '../../src/kube/client/kubeconfig.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import { describeObjects, networkPolicies } from '../kit/kubernetes-objects-contract.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

if (hasKubeApiserver()) {
  let server: KubeApiserver;
  beforeAll(async () => {
    server = await startKubeApiserver();
  });
  afterAll(() => server.stop());

  describeObjects('a real API server', () => {
    const objects = new ObjectClient(new Transport(fromKubeconfig({ path: server.kubeconfig })));
    return Promise.resolve({
      objects,
      meddle: async ({ metadata: { resourceVersion: _, ...metadata }, ...object }) => {
        const theirs = JSON.stringify({ ...object, metadata: { ...metadata, managedFields: undefined } });
        // Replaced or created whole, fields that stay what they are stay whose they are.
        const as = ['--field-manager=somebody', '-f', '-'];
        const replaced = await server.kubectl(['replace', ...as], theirs);
        const { code, output } = replaced.code === 0 ? replaced : await server.kubectl(['create', ...as], theirs);
        if (code !== 0) throw new Error(output);
      },
      clean: async () => {
        await server.kubectl(['delete', 'networkpolicies', '--all', '-n', 'default', '--wait=true']);
      },
    });
  });

  it.each([
    ['a field that the API server does not know', { podSelector: {}, bogus: true }],
    ['a value of another type', { podSelector: [] }],
    ['a number that is none', { podSelector: {}, egress: [{ ports: [{ port: { a: 1 } }] }] }],
  ])('%s is invalid, which no other try mends', async (_, spec) => {
    const objects = new ObjectClient(new Transport(fromKubeconfig({ path: server.kubeconfig })));
    const object = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'x', namespace: 'default' },
      spec,
    };
    const applied = objects.apply(networkPolicies, object, { force: true, signal: new AbortController().signal });
    await expect(applied).rejects.toMatchObject({ errorClass: 'invalid', details: { status: 500 } });
  });

  it('an item of a set twice is invalid, too', async () => {
    const objects = new ObjectClient(new Transport(fromKubeconfig({ path: server.kubeconfig })));
    const twice = { containers: ['a', 'a'].map((name) => ({ name, image: 'example/app' })) };
    const pods = { group: '', kind: 'Pod', plural: 'pods', versions: ['v1'], namespaced: true };
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'default' }, spec: twice };
    const applied = objects.apply(pods, object, { force: true, signal: new AbortController().signal });
    await expect(applied).rejects.toMatchObject({ errorClass: 'invalid' });
  });
} else {
  describe.skip('a real API server', () => {
    it('keeps to the contract', () => undefined);
  });
}
