import { loadAdapter } from '../../adapters/index.ts';
import { AdapterError } from '../adapter/errors.ts';
import { AddressRecorder } from '../audit/addresses/address-recorder.ts';
import type { ControllerDeps } from '../controller/controller.ts';
import type { Leadership } from '../controller/leadership.ts';
import { startControllerLoop } from '../controller/publish/loop.ts';
import type { World } from '../console/serve/world.ts';
import type { GateTimeout } from '../core/status/gate.ts';
import type { Operations } from '../http/operations.ts';
import { openCluster, type ClusterOptions } from '../kube/client/connect.ts';
import { ObjectClient } from '../kube/objects/object-client.ts';
import { secretsFromCluster, secretsFromDirectory } from '../kube/objects/secrets.ts';
import { ErrorLog } from '../log/error-log.ts';
import type { Log } from '../log/log.ts';
import type { RedisConfig } from '../redis/config.ts';
import type { SyncReport } from '../worker/sync-report.ts';
import { auditDirectory, openAudit } from './audit.ts';
import { systemClock } from './clock.ts';
import { startEmbedded, type Embedded } from './embedded.ts';
import type { Environment } from './environment.ts';
import { openRedis } from './redis.ts';

/** What the command line decides of a controller. */
export interface ControllerChoice {
  readonly kubernetes: ClusterOptions;
  readonly cluster: string;
  readonly podGate: GateTimeout | undefined;
  readonly auditDir?: string | undefined;
  /** How many days to keep on record which pod had which address; 0: not at all. */
  readonly addressDays: number;
  readonly environment: Environment;
  readonly log: Log;
  readonly operations?: Operations | undefined;
  /** Shown what is followed. */
  readonly world?: World | undefined;
}

const readBackAfterMs = 10_000;
const recheckEveryMs = 5 * 60_000;

/** A controller that shares Redis with workers, and holds no credential of any device. */
export async function controllerOnRedis(choice: ControllerChoice, redis: RedisConfig): Promise<ControllerDeps> {
  const { environment, log, operations } = choice;
  const common = await commonDeps(choice);
  const { tell: onError } = new ErrorLog(log, () => performance.now());
  const advise = (advice: string): void => log.warn({ subject: 'redis' }, advice);
  const directory = await auditDirectory(choice, environment);
  if (directory === undefined)
    log.warn('no --audit-dir is given, and the working directory cannot be written: the audit record stays in Redis');
  const open = async (term: Leadership) => {
    const shared = openRedis({ config: redis, fence: () => term.token, onError, advise });
    operations?.queue(shared.queue);
    operations?.redis(shared.health);
    await shared.tried;
    const metrics = operations?.metrics;
    const loop = startControllerLoop({ ...common, ...shared, recheckEveryMs, onError, metrics }, term.signal);
    const exported = directory === undefined ? undefined : shared.exportAudit(directory, term.signal);
    const close = async (): Promise<void> => {
      await exported;
      await shared.queue.close();
      shared.disconnect();
    };
    return { ...shared, loop, addresses: addressesIn(directory, choice, term), close };
  };
  // The component `consistency` is for who works on devices, too.
  return { ...common, mayListOthers: false, open };
}

/**
 * Controller and worker in one process.
 *
 * @param secretsDir credentials as files; absent: Secrets of Postern's own namespace
 * @param report told what became of each point
 * @param opened told of the parts of each term
 */
export async function controllerWithWorker(
  choice: ControllerChoice & { readonly secretsDir?: string | undefined },
  report: (report: SyncReport) => void,
  opened: (embedded: Embedded, term: Leadership) => void = () => undefined,
): Promise<ControllerDeps> {
  const { environment, log, operations, secretsDir } = choice;
  const common = await commonDeps(choice);
  const fromCluster = secretsFromCluster(common.api, environment.namespace);
  const secrets = secretsDir === undefined ? fromCluster : secretsFromDirectory(secretsDir);
  const directory = await auditDirectory(choice, environment);
  const { tell: onError } = new ErrorLog(log, () => performance.now());
  const open = async (term: Leadership) => {
    const loop = startEmbedded({
      ...common,
      secrets,
      readBackAfterMs,
      recheckEveryMs,
      audit: await openAudit(choice, environment, (message) => log.warn(message)),
      stillHeld: () => {
        if (!term.leads()) throw new AdapterError('transient', 'another process leads now');
      },
      report,
      onError,
      metrics: operations?.metrics,
    });
    operations?.queue(loop.queue);
    opened(loop, term);
    const addresses = addressesIn(directory, choice, term);
    return { loop, outcomes: loop.outcomes, readings: loop.readings, addresses, close: () => loop.close() };
  };
  return { ...common, mayListOthers: true, open };
}

function addressesIn(
  directory: string | undefined,
  { addressDays, log }: ControllerChoice,
  { token }: Leadership,
): AddressRecorder | undefined {
  if (directory === undefined || addressDays === 0) return undefined;
  const onError = (error: unknown): void =>
    log.warn({ error }, 'the record of pod addresses cannot be written for now; everything else continues');
  return new AddressRecorder({ directory, clock: systemClock, term: token, keepDays: addressDays, onError });
}

async function commonDeps(choice: ControllerChoice) {
  const { kubernetes, cluster, podGate, environment, log, operations, world } = choice;
  const api = await openCluster(kubernetes);
  const { namespace } = environment;
  const around = { clock: systemClock, random: Math.random, log, operations, world };
  return {
    ...around,
    api,
    kubernetes: new ObjectClient(api),
    namespace,
    owner: { cluster },
    adapters: loadAdapter,
    podGate,
  };
}
