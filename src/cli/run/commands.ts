import type { Command } from 'commander';
import { UsageError } from '../../core/model/usage-error.ts';
import type { ExitCode, Io } from '../io.ts';
import {
  auditDir,
  clusterId,
  duration,
  files,
  redisUrl,
  secretsDir,
  wholeNumber,
  withKubeconfig,
  withListen,
  withLog,
  withPodGate,
} from '../options.ts';
import type { RunClusterOptions } from './cluster.ts';
import type { ControllerOptions } from './controller.ts';
import type { ServeOptions } from './serve.ts';
import type { SimulateOptions } from './simulate.ts';
import type { WithdrawOptions } from './withdraw.ts';
import type { WorkerOptions } from './worker.ts';

type End = (code: ExitCode) => void;
type RunOptions = RunClusterOptions & { readonly manifests?: string; readonly once?: true };

const concurrency = ['--concurrency <number>', 'enforcement points dealt with side by side', wholeNumber(1, 9999), 10] as const; // prettier-ignore

/** The commands that keep firewalls in step, and those that let you try it. */
export function addRunCommands(program: Command, end: End, io: Io): void {
  addInOneProcess(program, end, io);
  addApart(program, end, io);
  addTrials(program, end, io);
}

function addInOneProcess(program: Command, end: End, io: Io): void {
  withLog(withListen(withPodGate(withKubeconfig(program.command('run')))))
    .description('keep enforcement points in step with a cluster, or with a directory of manifests, in one process')
    .option('--manifests <dir>', 'directory of Kubernetes YAML, watched as if it were the cluster')
    .option('--once', 'with --manifests: bring every point up to date, then exit')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(async ({ manifests, once, ...options }: RunOptions) => {
      if (manifests !== undefined) {
        end(await (await import('./manifests.ts')).runManifests({ ...options, manifests, ...(once && { once }) }, io));
        return;
      }
      if (once === true) throw new UsageError('--once goes with --manifests; for a cluster use `postern sync --once`');
      end(await (await import('./cluster.ts')).runCluster(options, io));
    });

  withLog(withKubeconfig(program.command('sync')))
    .description('read the cluster, bring every enforcement point up to date once, and exit')
    .requiredOption('--once', 'say so: this command does not stay')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(async (options: RunClusterOptions) => {
      end(await (await import('./cluster.ts')).syncOnce(options, io));
    });
}

function addApart(program: Command, end: End, io: Io): void {
  withLog(withListen(withPodGate(withKubeconfig(program.command('controller')))))
    .description('read the cluster and write statuses; leaves the appliances to workers')
    .option(...redisUrl)
    .option(...auditDir)
    .action(async (options: ControllerOptions) => {
      end(await (await import('./controller.ts')).controller(options, io));
    });

  withLog(withListen(withKubeconfig(program.command('worker'))))
    .description('bring enforcement points up to date that the controller found out of date; any number may run')
    .option(...redisUrl)
    .option(...clusterId)
    .option(...secretsDir)
    .option(...concurrency)
    .option(
      '--drain',
      'work until there is nothing left to do, then exit; with 1 if a device has to be tried again later',
    )
    .action(async (options: WorkerOptions) => {
      end(await (await import('./worker.ts')).worker(options, io));
    });

  withLog(withKubeconfig(program.command('serve')))
    .description('work off the queue with each HTTP request or CloudEvent, as a worker does: for Knative and Cloud Run')
    .option('--listen <address>', 'PORT or HOST:PORT; absent: 0.0.0.0 and PORT of the environment, or 127.0.0.1:8080')
    .option('--for <duration>', 'how long one request may work', duration, 25_000)
    .option(...redisUrl)
    .option(...clusterId)
    .option(...secretsDir)
    .option(...concurrency)
    .addHelpText('after', '\nIf POSTERN_SERVE_TOKEN is set, callers have to show it: Authorization: Bearer ...')
    .action(async (options: ServeOptions) => {
      end(await (await import('./serve.ts')).serve(options, io));
    });

  withKubeconfig(program.command('withdraw'))
    .description('take everything of ours off the device of an enforcement point that is given up')
    .requiredOption('--point <name>', 'the enforcement point')
    .option('--yes', 'do it; without, only what would be done is shown, with exit code 2')
    .option(files[0], 'files, directories and - for standard input, instead of the cluster')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(async (options: WithdrawOptions) => {
      end(await (await import('./withdraw.ts')).withdraw(options, io));
    });
}

function addTrials(program: Command, end: End, io: Io): void {
  program
    .command('demo')
    .description('two simulated firewalls side by side, a small company, a working day, and a proof')
    .option('--fast', 'without pauses for reading')
    .action(async (options: { fast?: true }) => {
      end(await (await import('./demo.ts')).runDemo(options, io));
    });

  program
    .command('simulate')
    .description('start a simulated appliance; prints one line of JSON once it listens')
    .argument('<kind>', 'fortigate or f5-afm')
    .option('--port <number>', 'port to listen on; 0 for any free one', wholeNumber(0, 65535), 0)
    .option('--version <version>', 'firmware version to behave like')
    .option('--latency <ms>', 'milliseconds that every request takes', wholeNumber(0, 999_999), 0)
    .action(async (kind: string, options: SimulateOptions) => {
      end(await (await import('./simulate.ts')).simulate(kind, options, io));
    });
}
