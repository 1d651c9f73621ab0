import { Option, type Command } from 'commander';
import { simulators } from '../../../adapters/index.ts';
import {
  auditDir,
  clusterId,
  duration,
  files,
  objectName,
  secretsDir,
  wholeNumber,
  withConsole,
  withAddressRecord,
  withKubeconfig,
  withListen,
  withLog,
  withPodGate,
  withRedis,
  type Run,
} from '../options.ts';

const concurrency = [
  '--concurrency <number>',
  'enforcement points dealt with side by side',
  wholeNumber(1, 9999),
  10,
] as const;

/** For processes that also serve what they publish for adapter `feed`. */
function withFeedOptions(command: Command): Command {
  return command
    .option('--feeds <dir>', 'serve the feeds in the subfolders of this one, too, as `postern feed` does')
    .option('--feed-files <dir>', 'with --feeds: tls.crt, tls.key, consumers.yaml; perhaps client-ca.crt, signing.key')
    .option(
      '--feed-listen <address>',
      'with --feeds: PORT (of this machine alone) or HOST:PORT; absent: 127.0.0.1:8443',
    );
}

/** The commands that keep firewalls in step, and those that let you try it. */
export function addRunCommands(program: Command, run: Run): void {
  addInOneProcess(program, run);
  addApart(program, run);
  addTrials(program, run);
}

function addInOneProcess(program: Command, run: Run): void {
  withAddressRecord(withFeedOptions(withLog(withConsole(withPodGate(withKubeconfig(program.command('run')))))))
    .description('keep enforcement points in step with a cluster, or with a directory of manifests, in one process')
    .option('--manifests <dir>', 'directory of Kubernetes YAML, watched as if it were the cluster')
    .option('--once', 'with --manifests: bring every point up to date, then exit')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(run(async () => (await import('./run.ts')).run));

  withAddressRecord(withLog(withKubeconfig(program.command('sync'))))
    .description('read the cluster, bring every enforcement point up to date once, and exit')
    .requiredOption('--once', 'required: the command ends once it is done')
    .option('--accept-losses', 'end with 0, not 5, where a point lacks rules that it cannot have')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(run(async () => (await import('./run.ts')).syncOnce));
}

function addApart(program: Command, run: Run): void {
  withAddressRecord(withLog(withConsole(withPodGate(withKubeconfig(withRedis(program.command('controller')))))))
    .description('read the cluster and write statuses; leaves the appliances to workers')
    .option(...auditDir)
    .action(run(async () => (await import('./controller.ts')).controller));

  withFeedOptions(withLog(withListen(withKubeconfig(withRedis(program.command('worker'))))))
    .description('bring enforcement points up to date that the controller found out of date; any number may run')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...concurrency)
    .option(
      '--drain',
      'work until there is nothing left to do, then exit; with 1 if a device has to be tried again later',
    )
    .action(run(async () => (await import('./worker.ts')).worker));

  withLog(withKubeconfig(withRedis(program.command('serve'))))
    .description('work off the queue with each HTTP request or CloudEvent, as a worker does: for Knative and Cloud Run')
    .option('--listen <address>', 'PORT or HOST:PORT; absent: 0.0.0.0 and PORT of the environment, or 127.0.0.1:8080')
    .option('--for <duration>', 'how long one request may work', duration, 25_000)
    .option(...clusterId)
    .option(...secretsDir)
    .option(...concurrency)
    .addHelpText('after', '\nIf POSTERN_SERVE_TOKEN is set, callers have to send it: Authorization: Bearer ...')
    .action(run(async () => (await import('./serve.ts')).serve));

  withLog(program.command('feed'))
    .description(
      'serve what points of adapter feed publish, over HTTPS, to the devices that fetch it; or write it as files',
    )
    .requiredOption('--feeds <dir>', 'the folder whose subfolders are feeds: config.store.folder of a point each')
    .option('--listen <address>', 'PORT (of this machine alone) or HOST:PORT', '127.0.0.1:8443')
    .option('--tls-cert <file>', 'its certificate and those above it, PEM; taken over anew when it changes')
    .option('--tls-key <file>', 'the key of the certificate, PEM')
    .option('--client-ca <file>', 'authorities of client certificates, PEM; absent: none is asked for')
    .option('--consumers <file>', 'who may fetch, with what credential and from where; YAML')
    .option('--signing-key <file>', 'Ed25519 key, PEM, by which manifests are signed; absent: they are not')
    .option('--export <dir>', 'instead of serving, write everything as files there, for another web server or a bucket')
    .action(run(async () => (await import('./feed.ts')).feed));

  withKubeconfig(program.command('refresh'))
    .description('have the device of an enforcement point probed and read at once, by an annotation')
    .argument('<point>', 'the enforcement point')
    .action(run(async () => (await import('./refresh.ts')).refresh));

  withRedis(withKubeconfig(program.command('withdraw')))
    .description('take everything of ours off the device of an enforcement point that is given up')
    .requiredOption('--point <name>', 'the enforcement point')
    .option('--yes', 'do it; without, only what would be done is shown, with exit code 2')
    .option(files[0], 'files, directories and - for standard input, instead of the cluster')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(run(async () => (await import('./withdraw.ts')).withdraw));
}

function addTrials(program: Command, run: Run): void {
  program
    .command('init')
    .description('write a small set of manifests, with comments, to begin with')
    .argument('<directory>', 'where to; it is made if it is not there')
    .action(run(async () => (await import('../try/init.ts')).init));

  program
    .command('demo')
    .description('two simulated firewalls side by side, a small company, a working day, and a proof')
    .option('--fast', 'without pauses for reading')
    .option('--all', 'perimeters of six kinds: three appliances and three clouds')
    .action(run(async () => (await import('../try/demo.ts')).runDemo));

  program
    .command('simulate')
    .description('start a simulated appliance; prints how to reach it once it listens')
    .argument('<kind>', `one of: ${Object.keys(simulators).join(', ')}`)
    .option('--port <number>', 'port to listen on; 0 for any free one', wholeNumber(0, 65535), 0)
    .option('--version <version>', 'firmware version to behave like; of a feed-consumer: the kind of device, pan-os')
    .option('--latency <ms>', 'milliseconds that every request takes', wholeNumber(0, 999_999), 0)
    .addOption(
      new Option('-o, --output <format>', 'a line of JSON, or the Secret and EnforcementPoint for `run --manifests`')
        .choices(['json', 'yaml'])
        .default('json'),
    )
    .option(
      '--name <name>',
      'with -o yaml: what the two are called, so that a second firewall can stand beside',
      objectName,
      'edge',
    )
    .action(run(async () => (await import('../try/simulate.ts')).simulate));
}
