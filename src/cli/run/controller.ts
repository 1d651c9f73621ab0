import { podGateOf, type PodGateOptions } from '../../compose/choices.ts';
import { controllerOnRedis } from '../../compose/controller.ts';
import { withOperations } from '../../compose/operations.ts';
import { redisOf, type RedisChoice } from '../../compose/redis-choice.ts';
import { runController } from '../../controller/controller.ts';
import type { Operations } from '../../http/operations.ts';
import type { ClusterOptions } from '../../kube/client/connect.ts';
import { withConsoleIn } from '../../log/console.ts';
import { createLog } from '../../log/log.ts';
import { watchClock } from '../../log/clock-watch.ts';
import type { LogChoice } from '../../log/options.ts';
import { exitCodes, type ExitCode, type Io } from '../io.ts';

export interface ControllerOptions extends ClusterOptions, PodGateOptions, RedisChoice, LogChoice {
  readonly auditDir?: string;
  readonly addressDays: number;
  readonly listen?: string;
  readonly console?: true;
}

/** Reads the cluster, publishes desired states, writes statuses. Holds no credential of any appliance. */
export async function controller(options: ControllerOptions, io: Io): Promise<ExitCode> {
  const { environment } = io;
  const redis = redisOf(options, environment, 'controller');
  const log = createLog(io.out.write, 'controller', options);
  const listening = (url: string): void => log.info({ url }, 'metrics and health');
  const { auditDir, addressDays, listen = environment.listen } = options;
  const [cluster, podGate] = [environment.cluster ?? 'cluster', podGateOf(options)];
  const pages =
    options.console &&
    (await (
      await import('../../compose/console.ts')
    ).openConsole({ ...options, listen, cluster, kubernetes: options }, environment));
  const serve = async (operations: Operations | undefined): Promise<ExitCode> => {
    const choice = { kubernetes: options, cluster, podGate, auditDir, addressDays, environment, log, operations };
    const deps = await controllerOnRedis({ ...choice, world: pages?.world }, redis);
    void watchClock(io.clock, log, io.signal);
    await withConsoleIn(log, () => runController(deps, io.signal));
    return exitCodes.ok;
  };
  return withOperations(listen, listening, serve, pages?.app);
}
