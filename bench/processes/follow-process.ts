import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../src/compose/clock.ts';
import { Rounds } from '../../src/controller/publish/rounds.ts';
import { ClusterInformer } from '../../src/kube/informer/informer.ts';
import { watchedKinds } from '../../src/kube/informer/watched-kinds.ts';
import { Reflector } from '../../src/kube/informer/reflector.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import { followed } from './followed.ts';
import { retained } from './memory-use.ts';
import { argument, onMessage, tell } from './parent.ts';

/*
 * Follows an API server as the controller does, and says what it took until all was there. Asked with `{pods: N}`, it waits
 * until it knows N pods, and says what it retains then.
 */

export interface FollowOptions {
  readonly port: number;
  /** `pods`: read and keep them, and nothing else. `cluster`: everything, compiled. */
  readonly scope: 'pods' | 'cluster';
}

const { port, scope } = argument() as FollowOptions;
const api = new Transport({
  server: new URL(`http://127.0.0.1:${port}`),
  namespace: '',
  options: () => Promise.resolve({}),
  refresh: () => undefined,
});
const common = {
  api,
  clock: systemClock,
  random: Math.random,
  report: (text: string) => void process.stderr.write(`${text}\n`),
};
const never = new AbortController().signal;

/** @returns how many pods are known; resolves once everything has been taken in */
function followPods(): Promise<() => number> {
  const followed = watchedKinds().find(({ plural }) => plural === 'pods');
  if (followed === undefined) throw new Error('pods are not followed');
  const pods = new Map<string, unknown>();
  return new Promise((resolve) => {
    const reflector: Reflector<unknown> = new Reflector<unknown>(followed, {
      ...common,
      deliver: ({ key, object }) => void pods.set(key, object),
      changed: () => {
        if (reflector.synced) resolve(() => pods.size);
      },
    });
    void reflector.run(never);
  });
}

function followCluster(): Promise<() => number> {
  const rounds = new Rounds((message) => {
    throw new Error(message);
  });
  return new Promise((resolve) => {
    const source = new ClusterInformer({
      ...common,
      onHealth: () => undefined,
      onChanges: async (changes, synced) => {
        await rounds.compile(changes, { now: new Date().toISOString(), atStart: true }, () => undefined);
        if (synced) resolve(() => source.health.resources.find(({ plural }) => plural === 'pods')?.objects ?? 0);
      },
    });
    void source.run(never);
  });
}

const { result: count, before, figures } = await followed(() => (scope === 'pods' ? followPods() : followCluster()));
tell(figures);
onMessage((message) => {
  const wanted = message as { readonly pods: number };
  void (async () => {
    while (count() < wanted.pods) await wait(50);
    await wait(500); // what is known has been compiled, too
    tell({ retained: retained() - before });
  })();
});
