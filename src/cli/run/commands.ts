import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ControllerOptions } from './controller.ts';
import type { DriftOptions } from '../inspect/drift.ts';
import type { RunClusterOptions } from './cluster.ts';
import type { ServeOptions } from './serve.ts';
import type { StatusOptions } from '../inspect/status.ts';
import type { VerifyOptions } from '../inspect/verify.ts';
import type { WhyOptions } from '../inspect/why.ts';
import type { WithdrawOptions } from './withdraw.ts';
import type { WorkerOptions } from './worker.ts';
import { UsageError, type ExitCode, type Io } from '../io.ts';
import { logFormats, logLevels } from '../../log/choices.ts';

type RunOptions = RunClusterOptions & { readonly manifests?: string; readonly once?: true };

const clusterId = ['--cluster <id>', 'name of this cluster in every mark on a device, or POSTERN_CLUSTER'] as const;
const secretsDir = [
  '--secrets-dir <dir>',
  'credentials as files, <dir>/<secret>/<key>; absent: Secrets of the namespace in POSTERN_NAMESPACE',
] as const;
const redis = ['--redis <url>', 'redis[s]://, redis[s]+sentinel:// or redis[s]+cluster://; or REDIS_URL'] as const;

const files = [
  '-f, --filename <path...>',
  'files, directories and - for standard input, instead of the cluster',
] as const;
const written = [
  '-f, --filename <path...>',
  'files, directories and - for standard input: what would be written for them, beside the objects of a mesh in them',
] as const;
const output = (): Option =>
  new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text');

const auditDir = [
  '--audit-dir <dir>',
  'where the audit record is kept; or POSTERN_AUDIT_DIR; absent: ./postern-audit',
] as const;

/** The commands that stay: they follow a cluster, or a directory, and keep firewalls in step with it. */
export function addLiveCommands(program: Command, end: (code: ExitCode) => void, io: Io): void {
  addQuestions(program, end, io);

  withLog(withListen(withPodGate(withCluster(program.command('run')))))
    .description('keep enforcement points in step with a cluster, or with a directory of manifests, in one process')
    .option('--manifests <dir>', 'directory of Kubernetes YAML, watched as if it were the cluster')
    .option('--once', 'with --manifests: bring every point up to date, then exit')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(async (options: RunOptions) => {
      end(await run(options, io));
    });

  withLog(withCluster(program.command('sync')))
    .description('read the cluster, bring every enforcement point up to date once, and exit')
    .requiredOption('--once', 'say so: this command does not stay')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(async (options: RunClusterOptions) => {
      end(await (await import('./cluster.ts')).syncOnce(options, io));
    });

  withLog(withListen(withPodGate(withCluster(program.command('controller')))))
    .description('read the cluster and write statuses; leaves the appliances to workers')
    .option(...redis)
    .option(...auditDir)
    .action(async (options: ControllerOptions) => {
      end(await (await import('./controller.ts')).controller(options, io));
    });

  withLog(withListen(withCluster(program.command('worker'))))
    .description('bring enforcement points up to date that the controller found out of date; any number may run')
    .option(...redis)
    .option(...clusterId)
    .option(...secretsDir)
    .option('--concurrency <number>', 'enforcement points dealt with side by side', atLeastOne, 10)
    .option(
      '--drain',
      'work until there is nothing left to do, then exit; with 1 if a device has to be tried again later',
    )
    .action(async (options: WorkerOptions) => {
      end(await (await import('./worker.ts')).worker(options, io));
    });

  withLog(withCluster(program.command('serve')))
    .description('with each HTTP request or CloudEvent, do what there is to do for a worker: for Knative and Cloud Run')
    .option('--listen <address>', 'PORT or HOST:PORT; absent: 0.0.0.0 and PORT of the environment, or 127.0.0.1:8080')
    .option('--for <duration>', 'how long one request may work', duration, 25_000)
    .option(...redis)
    .option(...clusterId)
    .option(...secretsDir)
    .option('--concurrency <number>', 'enforcement points dealt with side by side', atLeastOne, 10)
    .addHelpText('after', '\nIf POSTERN_SERVE_TOKEN is set, callers have to show it: Authorization: Bearer ...')
    .action(async (options: ServeOptions) => {
      end(await (await import('./serve.ts')).serve(options, io));
    });
}

/** The commands that look at what the others do, and end. */
function addQuestions(program: Command, end: (code: ExitCode) => void, io: Io): void {
  withCluster(program.command('status'))
    .description('every enforcement point, and every policy that is not in force; exit code 1 if anything is not ready')
    .addOption(output())
    .action(async (options: StatusOptions) => {
      end(await (await import('../inspect/status.ts')).status(options, io));
    });

  withCluster(program.command('drift'))
    .description('how devices differ from the intent, object by object; writes nothing; exit code 2 if they do')
    .option(...files)
    .option('--point <name>', 'this enforcement point alone')
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output())
    .action(async (options: DriftOptions) => {
      end(await (await import('../inspect/drift.ts')).drift(options, io));
    });

  withCluster(program.command('verify'))
    .description('do the mesh and every firewall permit the same, and what was intended? exit code 3 if they do not')
    .option(...written)
    .option('--live', 'look at the devices and the cluster as they are; reads only')
    .option('--point <name>', 'this enforcement point alone')
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output())
    .action(async (options: VerifyOptions) => {
      end(await (await import('../inspect/verify.ts')).verify(options, io));
    });

  withCluster(program.command('why'))
    .description('what becomes of one flow, layer by layer, and what stops it')
    .argument('<flow...>', 'NAMESPACE/POD HOST:PORT, with /udp for UDP; a workload will do for a pod')
    .option('--from-serviceaccount <namespace/name>', 'a pod under this ServiceAccount, instead of NAMESPACE/POD')
    .option(...written)
    .option('--live', 'look at the devices and the cluster as they are; reads only')
    .option('--point <name>', 'this enforcement point alone')
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output())
    .action(async (flow: string[], options: WhyOptions) => {
      end(await (await import('../inspect/why.ts')).why(flow, options, io));
    });

  withCluster(program.command('withdraw'))
    .description('take everything of ours off the device of an enforcement point that is given up')
    .requiredOption('--point <name>', 'the enforcement point')
    .option('--yes', 'do it; without, only what would be done is shown, with exit code 2')
    .option(...files)
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(async (options: WithdrawOptions) => {
      end(await (await import('./withdraw.ts')).withdraw(options, io));
    });
}

function withPodGate(command: Command): Command {
  return command
    .option('--pod-gate', 'look after the readiness gate postern.dev/perimeter of pods; needs patch on pods/status')
    .option('--pod-gate-timeout <duration>', 'how long such a pod may wait, 500ms, 60s or 2m', duration, 60_000)
    .addOption(
      new Option('--pod-gate-on-timeout <action>', 'let it become ready all the same, or not')
        .choices(['Open', 'Closed'])
        .default('Closed'),
    );
}

function withListen(command: Command): Command {
  return command.option(
    '--listen <address>',
    'serve /metrics, /healthz and /readyz at PORT (of this machine alone) or HOST:PORT; or POSTERN_LISTEN',
  );
}

function withLog(command: Command): Command {
  return command
    .addOption(new Option('--log-format <format>', 'lines of JSON, or for people').choices(logFormats).default('json'))
    .addOption(new Option('--log-level <level>', 'the least that is worth a line').choices(logLevels).default('info'));
}

function withCluster(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'as kubectl finds one, unless given; in a pod, its service account')
    .option('--context <name>', 'context of the kubeconfig');
}

async function run({ manifests, once, cluster, ...options }: RunOptions, io: Io): Promise<ExitCode> {
  if (manifests === undefined) {
    if (once === true) throw new UsageError('--once goes with --manifests; for a cluster use `postern sync --once`');
    return (await import('./cluster.ts')).runCluster({ ...options, ...(cluster !== undefined && { cluster }) }, io);
  }
  const id = cluster ?? io.environment.cluster ?? 'manifests';
  const { auditDir, listen } = options;
  const choice = { ...(auditDir !== undefined && { auditDir }), ...(listen !== undefined && { listen }) };
  return (await import('./manifests.ts')).run({ manifests, cluster: id, ...(once && { once }), ...choice }, io);
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** Milliseconds. */
function duration(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
  const factor = unitsMs[unit];
  if (factor === undefined) throw new InvalidArgumentError('This must be a number with its unit: 500ms, 60s, 2m.');
  return Number(number) * factor;
}

function atLeastOne(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('This must be a whole number from 1 to 9999.');
  return Number(text);
}
