import type { Clock } from '../adapter/adapter.ts';
import type { MemoryAuditStore } from '../audit/memory-audit-store.ts';
import { nothingDesired, type DesiredState } from '../core/model/desired.ts';
import type { Paint } from '../core/text/paint.ts';
import type { Embedded } from '../compose/embedded.ts';
import type { Cluster } from './cluster.ts';
import type { Firewall } from './firewalls.ts';
import type { Reports } from './reports.ts';
import type { Tally } from './tally.ts';

/** Where the story is played: the cluster, Postern, and the firewalls behind it. */
export interface Stage {
  readonly cluster: Cluster;
  readonly embedded: Embedded;
  readonly firewalls: readonly Firewall[];
  readonly reports: Reports;
  readonly audit: MemoryAuditStore;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly write: (line: string) => void;
  readonly paint: Paint;
  /** Pause after each scene, in milliseconds, for people to read. */
  readonly pauseMs: number;
}

/** What a point should be: the same rules at each of them. */
export async function desiredAt({ embedded }: Pick<Stage, 'embedded'>, { point }: Firewall): Promise<DesiredState> {
  const { publisher } = embedded;
  return (await publisher.read((compiled) => compiled.desired(point))) ?? nothingDesired(point);
}

/** What is due later than this, in milliseconds, is nothing that a scene waits for: saving, and looking again. */
const patienceMs = 5_000;

/**
 * Waits until every firewall was read back.
 *
 * @returns until when time has had its effect, in milliseconds since the epoch
 */
export async function settled({ embedded, clock }: Stage): Promise<number> {
  for (;;) {
    await embedded.idle();
    const now = clock.now();
    const { waiting, running, nextMs = Infinity } = await embedded.queue.depth();
    const isDue = (embedded.publisher.nextDeadline() ?? Infinity) <= now;
    if (waiting + running === 0 && nextMs > patienceMs && !isDue) return now;
    await clock.sleep(5);
  }
}
