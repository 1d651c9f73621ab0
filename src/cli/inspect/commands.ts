import { Option, type Command } from 'commander';
import { logFormatNames } from '../../traffic-log/names.ts';
import {
  asText,
  auditDir,
  clusterId,
  files,
  onePoint,
  output,
  prefixes,
  secretsDir,
  utcOffset,
  withKubeconfig,
  withRedis,
  type Run,
} from '../options.ts';
import { clusterRecord, clustersFlag } from '../clusters-option.ts';
import type { Io } from '../io.ts';
import { addAuditCommands } from '../audit/audit-commands.ts';
import { addReportCommand } from './report-command.ts';
import { refusedLog, refusedLogFlag } from './refused-log.ts';

const filesForCluster = [files[0], 'files, directories and - for standard input, instead of the cluster'] as const;
const filesWritten = [
  files[0],
  'files, directories and - for standard input: what would be written for them, beside the objects of a mesh in them',
] as const;
const moment = ['--at <time>', 'from the record instead: 2026-01-31T12:00:00Z, or 90s, 30m, 12h, 7d ago'] as const;
const live = ['--live', 'look at the devices and the cluster as they are; reads only'] as const;

/** The commands that look at files, the cluster, devices and the record, and end. None of them writes to a device. */
export function addInspectCommands(program: Command, run: Run, { environment }: Io): void {
  addPlanCommands(program, run);
  addFileCommands(program, run, environment.cluster);
  addSurveyCommands(program, run);
  addAddressCommands(program, run);
  addClusterCommands(program, run);
  addAuditCommands(program, run);
  addReportCommand(program, run);
}

function addFileCommands(program: Command, run: Run, own = 'manifests'): void {
  const cluster = [clusterId[0], 'name of this cluster in every mark on a device', own] as const;
  program
    .command('lint')
    .description('what does not count, and what counts but should be looked at; exit code 1 if there are errors')
    .option(...files)
    .option(
      '--mesh',
      'check the objects of the mesh, too: those that would be written, and those of others beside them',
    )
    .option(
      '--clusters <name=dir...>',
      'the files of several clusters at once, instead of -f: east=clusters/east west=clusters/west',
      clusterRecord,
    )
    .option('--live', 'look at the cluster instead of files; reads only')
    .option('--kubeconfig <file>', 'with --live: how to reach the cluster; absent: as kubectl finds it')
    .option('--context <name>', 'with --live: context of the kubeconfig')
    .option('--cluster <id>', 'name of this cluster in every mark; or POSTERN_CLUSTER')
    .addOption(output(...asText))
    .action(run(async () => (await import('./lint.ts')).lint));

  program
    .command('import')
    .description(
      "another product's policy objects as ours, with a report of what that changes; exit code 1 if anything was lost",
    )
    .argument(
      '<from>',
      'ces (F5 Container Egress Services), network-policy, cilium, calico, istio (ServiceEntry and AuthorizationPolicy), otterize (ClientIntents) or uds (Package)',
    )
    .requiredOption(files[0], 'files, directories and - for standard input')
    .option('--ces-namespace <name>', 'where CES runs and finds what ClusterEgressRules name', 'kube-system')
    .option('--point <name>', 'name for the EnforcementPoint, which only observes', 'big-ip')
    .option('--deeper-names', 'cilium: take *.example.com for deeper names, too, where it was one label')
    .option('--output-dir <dir>', 'write one file for each kind there, instead of printing YAML')
    .addOption(
      new Option('-o, --output <format>', 'yaml, or the objects and the report as json')
        .choices(['yaml', 'json'])
        .default('yaml'),
    )
    .action(run(async () => (await import('./import.ts')).importFrom));

  program
    .command('explain')
    .description('what a code, a reason, a kind, a field, an alert or a metric means, and what to do about it')
    .argument('<term>', 'such as too-many-removals, Held, egp.spec.to, PosternPointHeld, postern_point_state')
    .addOption(output(...asText))
    .action(run(async () => (await import('../explain/explain.ts')).explain));

  program
    .command('render')
    .description('what an enforcement point should enforce, in a format of its adapter; asks no device')
    .requiredOption(files[0], 'files, directories and - for standard input')
    .requiredOption('--point <name>', 'the enforcement point')
    .option(
      '--format <name>',
      'resources (JSON), or a format of the adapter: as3 (f5-afm), yaml (in-mesh)',
      'resources',
    )
    .option(...cluster)
    .action(run(async () => (await import('./render.ts')).render));
}

function addPlanCommands(program: Command, run: Run): void {
  program
    .command('matrix')
    .description('who may reach what: every workload by every external destination')
    .option(...files)
    .option(...moment)
    .option(...auditDir)
    .option(...clustersFlag, clusterRecord)
    .addOption(output('text', 'wide', 'json', 'yaml', 'csv', 'html'))
    .action(run(async () => (await import('./matrix.ts')).matrix));

  withRedis(withKubeconfig(program.command('plan')))
    .description('what would change on the firewalls; changes nothing')
    .option(files[0], `${files[1]}; absent: the cluster`)
    .option(...onePoint)
    .option('--live', 'compare with the devices as they are, instead of with empty ones; reads only')
    .option(
      '--assume <fact=value...>',
      'without --live: what the devices would say of themselves, as version=7.6.5, or edge:version=7.6.5 for one point',
    )
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output(...asText))
    .action(run(async () => (await import('./plan.ts')).plan));

  withKubeconfig(program.command('diff'))
    .description(
      'which flows open and which close between two worlds, and what that takes on each device; exit code 2 if any',
    )
    .argument('[old]', 'a file, a directory, -, git:REVISION[:PATH], or cluster')
    .argument('[new]', 'the same; git:REVISION alone is of the path that the other one names')
    .option('--at <time...>', 'instead of both: two moments on record, or one, and the last on record')
    .option(...auditDir)
    .option(...clustersFlag, clusterRecord)
    .option('--with <path...>', 'files that both worlds have, such as namespaces and workloads kept elsewhere')
    .addOption(
      new Option('--fail-on <change>', 'what exit code 2 is for')
        .choices(['any', 'opened', 'closed', 'none'])
        .default('any'),
    )
    .addOption(output('text', 'json', 'markdown', 'sarif'))
    .action(run(async () => (await import('../diff/diff.ts')).diff));
}

function addSurveyCommands(program: Command, run: Run): void {
  withKubeconfig(program.command('survey'))
    .description('what leaves the cluster today, as far as its objects tell, and a first enforcement point; reads only')
    .option(...filesForCluster)
    .addOption(output('text', 'json', 'yaml'))
    .action(run(async () => (await import('../survey/survey.ts')).survey));

  withKubeconfig(program.command('status'))
    .description('every enforcement point, and every policy that is not in force; exit code 1 if anything is not ready')
    .option(
      '--watch',
      'go on, and say it again whenever it has changed; with -o json a line each, with -o yaml a document',
    )
    .addOption(output('text', 'wide', 'json', 'yaml'))
    .action(run(async () => (await import('./status.ts')).status));
}

/** Whose an address is, and what goes on at it. */
function addAddressCommands(program: Command, run: Run): void {
  withKubeconfig(program.command('who'))
    .description('which workload an address is, or was at a moment on record, and what it could reach')
    .argument('[address]', 'IPv4 or IPv6')
    .option('--at <time>', 'from the record: 2026-01-31T12:00:00Z, or 90s, 30m, 12h, 7d ago')
    .option('--record', 'from the record, also without --at: the last that it knows')
    .option(...filesForCluster)
    .addOption(
      new Option(
        '--log <format>',
        'add the workload to each line of a log on standard input, from the record or -f',
      ).choices(logFormatNames),
    )
    .option('--refused', 'with --log: who was refused what, by whom and how often, instead of the lines')
    .option('--utc-offset <offset>', 'of local times in logs that name no zone, such as +02:00', utcOffset, 0)
    .option(...auditDir)
    .option(...clustersFlag, clusterRecord)
    .option(...clusterId)
    .addOption(output(...asText))
    .action(run(async () => (await import('../who/who.ts')).who));

  withKubeconfig(program.command('suggest'))
    .description('the least policies that permit what a log on standard input shows; applies nothing')
    .addOption(new Option('--log <format>', 'how the log is written').choices(logFormatNames).makeOptionMandatory())
    .option(...filesForCluster)
    .option('--names-from-sni', 'names that clients asked for instead of addresses, where the log has them')
    .option(
      '--network-prefix <bits>',
      'networks instead of single addresses: 24, or 24,64 with that for IPv6',
      prefixes,
    )
    .option('--inside <cidr...>', 'networks that are no outside, beside pods, nodes and clusterNetworks of points')
    .option('--utc-offset <offset>', 'of local times in logs that name no zone, such as +02:00', utcOffset, 0)
    .option(...auditDir)
    .option(...clusterId)
    .addOption(output('yaml', 'json'))
    .action(run(async () => (await import('../suggest/suggest.ts')).suggest));
}

function addClusterCommands(program: Command, run: Run): void {
  withKubeconfig(program.command('support-bundle'))
    .description('one file for whoever is asked for help: versions, our objects, events, logs; no Secret is read')
    .option(
      '-o, --output <file>',
      'where to write it, never over a file that is there; - for standard output',
      'postern-support.json',
    )
    .action(run(async () => (await import('../support/support-bundle.ts')).supportBundle));

  withRedis(withKubeconfig(program.command('adopt')))
    .description(
      'rules that others have on a firewall as policies of ours, with a report of what did not carry over; only with --take --yes is anything written',
    )
    .requiredOption('--point <name>', 'the enforcement point, of vantage Pod')
    .option(...filesForCluster)
    .option(...clusterId)
    .option(...secretsDir)
    .option('--output-dir <dir>', 'write one file for each kind there, instead of printing YAML')
    .option(
      '--take',
      'instead: which of these rules are not needed any more beside ours, on the device of now; exit code 2 if any',
    )
    .option('--yes', 'with --take: switch them off, one after the other; none is deleted')
    .option(...auditDir)
    .addOption(
      new Option('-o, --output <format>', 'yaml, or the objects and the report as json')
        .choices(['yaml', 'json'])
        .default('yaml'),
    )
    .action(run(async () => (await import('./adopt.ts')).adopt));

  withKubeconfig(program.command('drift'))
    .description('how devices differ from the intent, object by object; writes nothing; exit code 2 if they do')
    .option(...filesForCluster)
    .option(...onePoint)
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output(...asText))
    .action(run(async () => (await import('./drift.ts')).drift));

  withKubeconfig(program.command('verify'))
    .description('do the mesh and every firewall permit the same, and what was intended? exit code 3 if they do not')
    .option(...filesWritten)
    .option(...live)
    .option(...onePoint)
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output(...asText))
    .action(run(async () => (await import('./verify.ts')).verify));

  withKubeconfig(program.command('why'))
    .description('what becomes of one flow, layer by layer, and what stops it')
    .argument('<flow...>', 'NAMESPACE/POD HOST:PORT, with /udp for UDP; a workload will do for a pod')
    .option('--from-serviceaccount <namespace/name>', 'a pod under this ServiceAccount, instead of NAMESPACE/POD')
    .option('--at <time>', 'as it was, by the record: 2026-01-31T12:00:00Z, or 30m, 12h, 7d ago')
    .option(...auditDir)
    .option(...refusedLogFlag, refusedLog)
    .option(...filesWritten)
    .option(...live)
    .option(...onePoint)
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output(...asText))
    .action(run(async () => (await import('./why.ts')).why));
}
