import { aborted } from '../aborted.ts';
import { withOperations } from '../../compose/operations.ts';
import { startRedisWorker } from '../../compose/worker.ts';
import { workerChoice, type WorkerChoice } from '../../compose/worker-choice.ts';
import { exitCodes, type ExitCode, type Io } from '../io.ts';
import { createLog, type Log, type LogChoice } from '../../log/log.ts';

export interface WorkerOptions extends WorkerChoice, LogChoice {
  readonly drain?: true;
  readonly listen?: string;
}

const readBackAfterMs = 10_000;

/** Brings dirty points up to date. Needs Redis and the credentials of the appliances, and nothing of Kubernetes if these are mounted. */
export async function worker(options: WorkerOptions, io: Io): Promise<ExitCode> {
  const choice = workerChoice(options, io.environment);
  const log = createLog(io, 'worker', options);
  if (options.drain === true) return drainOnce(choice, log, io.signal);
  return withOperations(options.listen ?? io.environment.listen, log, async (operations) => {
    const side = await startRedisWorker({ ...choice, log, readBackAfterMs, metrics: operations?.metrics });
    operations?.queue(side.queue, true);
    operations?.begun();
    await aborted(io.signal);
    await side.close();
    return exitCodes.ok;
  });
}

/** What is due within this is waited for. */
const patienceMs = 30_000;

/** Ends when nothing is left (0), or only what a device makes us wait long for (1). Stays while there is work. */
async function drainOnce(choice: ReturnType<typeof workerChoice>, log: Log, signal: AbortSignal): Promise<ExitCode> {
  const { redisDrain } = await import('../../compose/drainer.ts');
  const { drained, left, retryAfterMs } = await redisDrain({ ...choice, log })({
    withinMs: Infinity,
    patienceMs,
    signal,
  });
  if (drained || signal.aborted) return exitCodes.ok;
  log.warn({ ...left, retryAfterMs }, 'what is left is for another time');
  return exitCodes.error;
}
