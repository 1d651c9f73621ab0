import type { InformerHealth } from '../kube/informer/informer.ts';
import type { Log } from '../log/log.ts';

/** Says how well the cluster is seen, once for each change: the informer tells of every resource by itself. */
export function viewLog(log: Pick<Log, 'info' | 'warn'>): (health: InformerHealth) => void {
  let last: string | undefined;
  return ({ healthy, message }) => {
    const now = JSON.stringify([healthy, message]);
    if (now === last) return;
    last = now;
    log[healthy ? 'info' : 'warn']({ healthy, watches: message }, 'the view of the cluster');
  };
}
