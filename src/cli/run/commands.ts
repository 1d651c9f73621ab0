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
} from '../options/options.ts';

const concurrency = [
  '--concurrency <number>',
  'enforcement points dealt with side by side',
  wholeNumber(1, 9999),
  10,
] as const;

/** For processes that also serve what they publish for adapter `feed`. */
function withFeedOptions(command: Command): Command {
  return command
    .option('--feeds <dir>', 'also serve the feeds in the subfolders of this one, as `postern feed` does')
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
  addForPoint(program, run);
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
    .requiredOption('--once', 'required: exit when done')
    .option('--accept-losses', 'exit with 0 instead of 5 when a point cannot express some rules')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(run(async () => (await import('./run.ts')).syncOnce));
}

function addApart(program: Command, run: Run): void {
  withAddressRecord(withLog(withConsole(withPodGate(withKubeconfig(withRedis(program.command('controller')))))))
    .description('read the cluster and write statuses; workers write to the appliances')
    .option(...auditDir)
    .action(run(async () => (await import('./controller.ts')).controller));

  withFeedOptions(withLog(withListen(withKubeconfig(withRedis(program.command('worker'))))))
    .description('bring the enforcement points that the controller queues up to date; any number may run')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...concurrency)
    .option('--drain', 'work until nothing is left to do, then exit; with 1 if a device must be retried later')
    .action(run(async () => (await import('./worker.ts')).worker));

  withLog(withKubeconfig(withRedis(program.command('serve'))))
    .description(
      'work as a worker on each HTTP request or CloudEvent until the queue is empty: for Knative and Cloud Run',
    )
    .option('--listen <address>', 'PORT or HOST:PORT; absent: 0.0.0.0 and PORT of the environment, or 127.0.0.1:8080')
    .option('--for <duration>', 'time limit of one request', duration, 25_000)
    .option(...clusterId)
    .option(...secretsDir)
    .option(...concurrency)
    .addHelpText('after', '\nIf POSTERN_SERVE_TOKEN is set, callers have to send it: Authorization: Bearer ...')
    .action(run(async () => (await import('./serve.ts')).serve));

  withLog(program.command('feed'))
    .description(
      'serve the feeds of points with adapter feed over HTTPS to the devices that fetch them, or export them as files',
    )
    .requiredOption(
      '--feeds <dir>',
      'the folder with one subfolder for each feed, which is config.store.folder of its point',
    )
    .option('--listen <address>', 'PORT (of this machine alone) or HOST:PORT', '127.0.0.1:8443')
    .option('--tls-cert <file>', 'certificate chain of the server, PEM; reloaded when it changes')
    .option('--tls-key <file>', 'private key of the certificate, PEM')
    .option(
      '--client-ca <file>',
      'CA certificates for client certificates, PEM; absent: no client certificate is required',
    )
    .option('--consumers <file>', 'YAML file of the consumers: their credentials and addresses')
    .option('--signing-key <file>', 'Ed25519 key, PEM, to sign manifests; absent: they are not signed')
    .option(
      '--export <dir>',
      'instead of serving, write all files to this directory, for another web server or a bucket',
    )
    .action(run(async () => (await import('./feed.ts')).feed));
}

/** What an operator does with a single point. */
function addForPoint(program: Command, run: Run): void {
  withKubeconfig(program.command('refresh'))
    .description('probe and read the device of an enforcement point at once, by an annotation')
    .argument('<point>', 'the enforcement point')
    .action(run(async () => (await import('./refresh.ts')).refresh));

  withRedis(withKubeconfig(program.command('withdraw')))
    .description("remove everything of Postern's from the device of an enforcement point that is given up")
    .requiredOption('--point <name>', 'the enforcement point')
    .option('--yes', 'do it; without it the command only shows what it would do, with exit code 2')
    .option(files[0], 'files, directories and - for standard input, instead of the cluster')
    .option(...clusterId)
    .option(...secretsDir)
    .option(...auditDir)
    .action(run(async () => (await import('./withdraw.ts')).withdraw));
}

function addTrials(program: Command, run: Run): void {
  program
    .command('init')
    .description('write a small set of commented manifests to start from')
    .argument('<directory>', 'target directory; created if missing')
    .action(run(async () => (await import('../try/init.ts')).init));

  program
    .command('demo')
    .description('run a small company on two simulated firewalls, and check every flow')
    .option('--fast', 'without pauses for reading')
    .option('--all', 'six kinds of firewall: three appliances and three clouds')
    .action(run(async () => (await import('../try/demo.ts')).runDemo));

  program
    .command('simulate')
    .description('start a simulated appliance, and print how to reach it once it listens')
    .argument('<kind>', `one of: ${Object.keys(simulators).join(', ')}`)
    .option('--port <number>', 'port to listen on; 0 for any free one', wholeNumber(0, 65535), 0)
    .option('--version <version>', 'firmware version to behave like; of a feed-consumer: the kind of device, pan-os')
    .option('--latency <ms>', 'latency of every request, in milliseconds', wholeNumber(0, 999_999), 0)
    .addOption(
      new Option('-o, --output <format>', 'a line of JSON, or the Secret and EnforcementPoint for `run --manifests`')
        .choices(['json', 'yaml'])
        .default('json'),
    )
    .option(
      '--name <name>',
      'with -o yaml: name of both objects, so that you can add a second firewall',
      objectName,
      'edge',
    )
    .action(run(async () => (await import('../try/simulate.ts')).simulate));
}
