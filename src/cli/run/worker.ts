import { withOperations } from '../../compose/operations.ts';
import { drainOnRedis, workerOnRedis, type WorkerChoice, type WorkerSetup } from '../../compose/worker.ts';
import { withConsoleIn } from '../../log/console.ts';
import { createLog } from '../../log/log.ts';
import { watchClock } from '../../log/clock-watch.ts';
import type { LogChoice } from '../../log/options.ts';
import { aborted, exitCodes, type ExitCode, type Io } from '../io.ts';
import { withFeeds, type FeedBesideOptions } from './feed-beside.ts';

export interface WorkerOptions extends WorkerChoice, LogChoice, FeedBesideOptions {
  readonly drain?: true;
  readonly listen?: string;
}

const readBackAfterMs = 10_000;

/** Brings dirty points up to date. Needs Redis and the credentials of the appliances, and nothing of Kubernetes if these are mounted. */
export async function worker(options: WorkerOptions, io: Io): Promise<ExitCode> {
  const { environment, signal } = io;
  const log = createLog(io.out.write, 'worker', options);
  const setup = { choice: options, environment, log };
  if (options.drain === true) return drainOnce(setup, signal);
  const start = workerOnRedis(setup);
  const listening = (url: string): void => log.info({ url }, 'metrics and health');
  const ofFeeds = {
    listening: (url: string): void => log.info({ url }, 'serving feeds'),
    trouble: (message: string): void => log.warn(message),
  };
  return withFeeds(options, io, ofFeeds, () =>
    withOperations(options.listen ?? environment.listen, listening, async (operations) => {
      return withConsoleIn(log, async () => {
        const started = await start(readBackAfterMs, operations?.metrics);
        operations?.queue(started.queue);
        operations?.redis(started.health);
        operations?.begun();
        void watchClock(io.clock, log, signal);
        await aborted(signal);
        await started.close();
        return exitCodes.ok;
      });
    }),
  );
}

/** What is due within this is waited for. */
const patienceMs = 30_000;

/** Ends when nothing is left (0), or only what a device makes us wait long for, or when it is told to (1). Stays while there is work. */
async function drainOnce(setup: WorkerSetup, signal: AbortSignal): Promise<ExitCode> {
  const budget = { withinMs: Infinity, patienceMs, signal };
  const { drained, left, retryAfterMs } = await withConsoleIn(setup.log, () => drainOnRedis(setup)(budget));
  if (drained) return exitCodes.ok;
  setup.log.warn({ ...left, retryAfterMs }, 'work is left for a later run');
  return exitCodes.error;
}
