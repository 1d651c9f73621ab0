import { CoreV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import { followed } from './followed.ts';
import { argument, tell } from './parent.ts';

/** The official informer on the same API server, used as its documentation shows. */
const { port } = argument() as { readonly port: number };
const config = new KubeConfig();
config.loadFromClusterAndUser(
  { name: 'bench', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
  { name: 'bench' },
);
const core = config.makeApiClient(CoreV1Api);
const informer = makeInformer(config, '/api/v1/pods', () => core.listPodForAllNamespaces());

tell((await followed(() => informer.start())).figures);
