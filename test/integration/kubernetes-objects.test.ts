import { afterAll, beforeAll, describe, it } from 'vitest';
import { ObjectClient } from '../../src/kube/client/object-client.ts';
import { fromKubeconfig } from '../../src/kube/client/kubeconfig.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import { describeObjects } from '../kit/kubernetes-objects-contract.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

if (hasKubeApiserver()) {
  let server: KubeApiserver;
  beforeAll(async () => {
    server = await startKubeApiserver();
  }, 120_000);
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
} else {
  describe.skip('a real API server', () => {
    it('keeps to the contract', () => undefined);
  });
}
