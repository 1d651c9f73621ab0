import { CoreV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import type { Followed } from './follow-process.ts';
import { watchLag } from './lag.ts';
import { peakMib, residentMib, retained } from './memory-use.ts';
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

const before = retained();
const cpu = process.cpuUsage();
const started = performance.now();
const lag = watchLag();
await informer.start();
const { user, system } = process.cpuUsage(cpu);
const figures = {
  cpuSeconds: (user + system) / 1e6,
  wallSeconds: (performance.now() - started) / 1e3,
  peakMib: peakMib(),
  residentMib: residentMib(),
  lag: lag.stop(),
};
tell({ ...figures, retained: retained() - before } satisfies Followed);
