import { fromKubeconfig } from '../../src/kube/client/kubeconfig.ts';
import { LeaderElection } from '../../src/kube/leader/leader-election.ts';
import { LeaseStore } from '../../src/kube/leader/lease.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import { systemClock } from '../../src/compose/clock.ts';

/** A process of its own that stands for election: `kube-contender.ts KUBECONFIG IDENTITY`. Says what happens on standard output. */
const [path = '', identity = ''] = process.argv.slice(2);
const transport = new Transport(fromKubeconfig({ path }));
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
// Sleeping alone does not keep a process alive.
const alive = setInterval(() => undefined, 60_000);
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

await new LeaderElection({
  store: new LeaseStore(transport, 'default', 'postern'),
  identity,
  clock: systemClock,
  random: Math.random,
  onStartedLeading: ({ token }) => say(`leads ${token}`),
  onStoppedLeading: () => void say('stops'),
  report: () => undefined,
  timing: { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 300 },
}).run(stop.signal);
clearInterval(alive);
transport.close();
