import { InvalidArgumentError, type Command } from 'commander';
import type { ControllerOptions } from './commands/controller.ts';
import type { RunClusterOptions } from './commands/run-cluster.ts';
import type { WorkerOptions } from './commands/worker.ts';
import { UsageError, type ExitCode, type Io } from './io.ts';

type RunOptions = RunClusterOptions & { readonly manifests?: string; readonly once?: true };

const clusterId = ['--cluster <id>', 'name of this cluster in every mark on a device, or POSTERN_CLUSTER'] as const;
const secretsDir = [
  '--secrets-dir <dir>',
  'credentials as files, <dir>/<secret>/<key>; absent: Secrets of the namespace in POSTERN_NAMESPACE',
] as const;
const redis = ['--redis <url>', 'redis[s]://, redis[s]+sentinel:// or redis[s]+cluster://; or REDIS_URL'] as const;

/** The commands that stay: they follow a cluster, or a directory, and keep firewalls in step with it. */
export function addLiveCommands(program: Command, end: (code: ExitCode) => void, io: Io): void {
  withCluster(program.command('run'))
    .description('keep enforcement points in step with a cluster, or with a directory of manifests, in one process')
    .option('--manifests <dir>', 'directory of Kubernetes YAML, watched as if it were the cluster')
    .option('--once', 'with --manifests: bring every point up to date, then exit')
    .option(...clusterId)
    .option(...secretsDir)
    .action(async (options: RunOptions) => {
      end(await run(options, io));
    });

  withCluster(program.command('sync'))
    .description('read the cluster, bring every enforcement point up to date once, and exit')
    .requiredOption('--once', 'say so: this command does not stay')
    .option(...clusterId)
    .option(...secretsDir)
    .action(async (options: RunClusterOptions) => {
      end(await (await import('./commands/run-cluster.ts')).syncOnce(options, io));
    });

  withCluster(program.command('controller'))
    .description('read the cluster and write statuses; leaves the appliances to workers')
    .option(...redis)
    .action(async (options: ControllerOptions) => {
      end(await (await import('./commands/controller.ts')).controller(options, io));
    });

  withCluster(program.command('worker'))
    .description('bring enforcement points up to date that the controller found out of date; any number may run')
    .option(...redis)
    .option(...clusterId)
    .option(...secretsDir)
    .option('--concurrency <number>', 'enforcement points dealt with side by side', atLeastOne, 10)
    .option('--drain', 'work until there is nothing left to do, then exit')
    .action(async (options: WorkerOptions) => {
      end(await (await import('./commands/worker.ts')).worker(options, io));
    });
}

function withCluster(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'as kubectl finds one, unless given; in a pod, its service account')
    .option('--context <name>', 'context of the kubeconfig');
}

async function run({ manifests, once, cluster, ...options }: RunOptions, io: Io): Promise<ExitCode> {
  if (manifests === undefined) {
    if (once === true) throw new UsageError('--once goes with --manifests; for a cluster use `postern sync --once`');
    return (await import('./commands/run-cluster.ts')).runCluster(
      { ...options, ...(cluster !== undefined && { cluster }) },
      io,
    );
  }
  const id = cluster ?? io.environment.cluster ?? 'manifests';
  return (await import('./commands/run.ts')).run({ manifests, cluster: id, ...(once && { once }) }, io);
}

function atLeastOne(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('This must be a whole number from 1 to 9999.');
  return Number(text);
}
