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
} from '../options/options.ts';
import { clusterRecord, clustersFlag } from '../options/clusters.ts';
import type { Io } from '../io.ts';
import { addAuditCommands } from '../audit/audit-commands.ts';
import { addReportCommand } from './report/report-command.ts';
import { refusedLog, refusedLogFlag } from './refused/refused-log.ts';

const filesForCluster = [files[0], 'files, directories and - for standard input, instead of the cluster'] as const;
const filesWritten = [
  files[0],
  'files, directories and - for standard input: what would be written for them, beside the objects of a mesh in them',
] as const;
const moment = ['--at <time>', 'from the record instead: 2026-01-31T12:00:00Z, or 90s, 30m, 12h, 7d ago'] as const;
const live = ['--live', 'look at the devices and the cluster as they are; reads only'] as const;

/** For commands that write objects of ours. */
function objectsOutput(): Option {
  return new Option('-o, --output <format>', 'yaml, or the objects and the report as json')
    .choices(['yaml', 'json'])
    .default('yaml');
}

/** The commands that look at files, the cluster, devices and the record, and end. None of them writes to a device. */
export function addInspectCommands(program: Command, run: Run, { environment }: Io): void {
  addPlanCommands(program, run);
  addFileCommands(program, run, environment.cluster);
  addSurveyCommands(program, run);
  addAddressCommands(program, run);
  addDeviceCommands(program, run);
  addFlowCommands(program, run);
  addAuditCommands(program, run);
  addReportCommand(program, run);
}

function addFileCommands(program: Command, run: Run, own = 'manifests'): void {
  const cluster = [clusterId[0], 'name of this cluster in every mark on a device', own] as const;
  program
    .command('lint')
    .description('errors, and risks that a person should review; exit code 1 if there are errors')
    .option(...files)
    .option('--mesh', "check mesh objects, too: Postern's own and those of others")
    .option(
      '--clusters <name=dir...>',
      'the files of several clusters at once, instead of -f: east=clusters/east west=clusters/west',
      clusterRecord,
    )
    .option('--live', 'read the cluster instead of files; read-only')
    .option('--kubeconfig <file>', 'with --live: how to reach the cluster; absent: as kubectl finds it')
    .option('--context <name>', 'with --live: context of the kubeconfig')
    .option('--cluster <id>', 'name of this cluster in every mark; or POSTERN_CLUSTER')
    .addOption(output(...asText))
    .action(run(async () => (await import('./lint/lint.ts')).lint));

  program
    .command('import')
    .description(
      "convert another product's policies, with a report of the differences; exit code 1 if anything was lost",
    )
    .argument(
      '<from>',
      'ces (F5 Container Egress Services), network-policy, cilium, calico, istio (ServiceEntry and AuthorizationPolicy), otterize (ClientIntents) or uds (Package)',
    )
    .requiredOption(files[0], 'files, directories and - for standard input')
    .option('--ces-namespace <name>', 'namespace of CES, where ClusterEgressRules look up references', 'kube-system')
    .option('--point <name>', 'name of the EnforcementPoint, in mode Observe', 'big-ip')
    .option('--deeper-names', 'cilium: let *.example.com match several labels, too, where it matched one')
    .option('--output-dir <dir>', 'write one file for each kind there, instead of printing YAML')
    .addOption(objectsOutput())
    .action(run(async () => (await import('./import.ts')).importFrom));

  program
    .command('explain')
    .description('the meaning of a problem code, reason, kind, field, alert or metric, and what to do about it')
    .argument('<term>', 'for example too-many-removals, Held, egp.spec.to, PosternPointHeld, postern_point_state')
    .addOption(output(...asText))
    .action(run(async () => (await import('../explain/explain.ts')).explain));

  program
    .command('render')
    .description('the desired state of an enforcement point, in a format of its adapter; contacts no device')
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
    .description('the permissions of every workload for every external destination')
    .option(...files)
    .option(...moment)
    .option(...auditDir)
    .option(...clustersFlag, clusterRecord)
    .addOption(output('text', 'wide', 'json', 'yaml', 'csv', 'html'))
    .action(run(async () => (await import('./matrix/matrix.ts')).matrix));

  withRedis(withKubeconfig(program.command('plan')))
    .description('what would change on the firewalls; read-only')
    .option(files[0], `${files[1]}; absent: the cluster`)
    .option(...onePoint)
    .option('--live', 'compare with the actual devices instead of empty ones; read-only')
    .option(
      '--assume <fact=value...>',
      'without --live: assumed facts about devices, as version=7.6.5, or edge:version=7.6.5 for one point',
    )
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output(...asText))
    .action(run(async () => (await import('./plan.ts')).plan));

  withKubeconfig(program.command('diff'))
    .description(
      'which flows open or close between two sets of objects, and the changes on each device; exit code 2 if any',
    )
    .argument('[old]', 'a file, a directory, -, git:REVISION[:PATH], or cluster')
    .argument('[new]', 'the same; git:REVISION alone takes the path of the other side')
    .option('--at <time...>', 'instead of both sides: two times on record, or one and the latest')
    .option(...auditDir)
    .option(...clustersFlag, clusterRecord)
    .option('--with <path...>', 'files that belong to both sides, such as namespaces and workloads kept elsewhere')
    .addOption(
      new Option('--fail-on <change>', 'which changes give exit code 2')
        .choices(['any', 'opened', 'closed', 'none'])
        .default('any'),
    )
    .addOption(output('text', 'json', 'markdown', 'sarif'))
    .action(run(async () => (await import('../diff/diff.ts')).diff));
}

function addSurveyCommands(program: Command, run: Run): void {
  withKubeconfig(program.command('survey'))
    .description('the egress that the objects of a cluster reveal, and a first enforcement point; read-only')
    .option(...filesForCluster)
    .addOption(output('text', 'json', 'yaml'))
    .action(run(async () => (await import('../survey/survey.ts')).survey));

  withKubeconfig(program.command('status'))
    .description('every enforcement point, and every policy that is not in force; exit code 1 if anything is not ready')
    .option(
      '--watch',
      'keep running, and print again on each change; with -o json a line each, with -o yaml a document',
    )
    .addOption(output('text', 'wide', 'json', 'yaml'))
    .action(run(async () => (await import('./status/status.ts')).status));
}

/** Whose an address is, and what goes on at it. */
function addAddressCommands(program: Command, run: Run): void {
  withKubeconfig(program.command('who'))
    .description('which workload has an address, or had it at a time on record, and what it could reach')
    .argument('[address]', 'IPv4 or IPv6')
    .option('--at <time>', 'from the record: 2026-01-31T12:00:00Z, or 90s, 30m, 12h, 7d ago')
    .option('--record', 'from the record, also without --at: the latest state in it')
    .option(...filesForCluster)
    .addOption(
      new Option(
        '--log <format>',
        'add the workload to each line of a log on standard input, from the record or -f',
      ).choices(logFormatNames),
    )
    .option('--refused', 'with --log: count the denied flows by workload and rule, instead of printing the lines')
    .addOption(logTimeZone())
    .option(...auditDir)
    .option(...clustersFlag, clusterRecord)
    .option(...clusterId)
    .addOption(output(...asText))
    .action(run(async () => (await import('../who/who.ts')).who));

  withKubeconfig(program.command('suggest'))
    .description('the narrowest policies that permit the flows of a log on standard input; applies nothing')
    .addOption(new Option('--log <format>', 'log format').choices(logFormatNames).makeOptionMandatory())
    .option(...filesForCluster)
    .option('--names-from-sni', 'use the names that clients requested instead of addresses, where the log has them')
    .option('--network-prefix <bits>', 'group addresses into networks: 24, or 24,64 for IPv4 and IPv6', prefixes)
    .option(
      '--inside <cidr...>',
      'networks that are internal, in addition to pods, nodes and clusterNetworks of points',
    )
    .addOption(logTimeZone())
    .option(...auditDir)
    .option(...clusterId)
    .addOption(output('yaml', 'json'))
    .action(run(async () => (await import('../suggest/suggest.ts')).suggest));
}

function addDeviceCommands(program: Command, run: Run): void {
  withKubeconfig(program.command('support-bundle'))
    .description('one file for a support request: versions, objects, events, logs; reads no Secret')
    .option('-o, --output <file>', 'output file, which must not exist; - for standard output', 'postern-support.json')
    .action(run(async () => (await import('../support/support-bundle.ts')).supportBundle));

  withRedis(withKubeconfig(program.command('adopt')))
    .description(
      'convert the existing rules of a firewall to policies, with a report of what was lost; writes only with --take --yes',
    )
    .requiredOption('--point <name>', 'the enforcement point, of vantage Pod')
    .option(...filesForCluster)
    .option(...clusterId)
    .option(...secretsDir)
    .option('--output-dir <dir>', 'write one file for each kind there, instead of printing YAML')
    .option('--take', "instead: which of these rules Postern's rules on the device make redundant; exit code 2 if any")
    .option('--yes', 'with --take: disable them one by one; none is deleted')
    .option(...auditDir)
    .addOption(objectsOutput())
    .action(run(async () => (await import('./adopt.ts')).adopt));

  withKubeconfig(program.command('drift'))
    .description('how devices differ from the intent, object by object; read-only; exit code 2 if they do')
    .option(...filesForCluster)
    .option(...onePoint)
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output(...asText))
    .action(run(async () => (await import('./drift.ts')).drift));
}

/** What the layers permit. */
function addFlowCommands(program: Command, run: Run): void {
  withKubeconfig(program.command('verify'))
    .description(
      'check that the mesh and every firewall permit the same flows as the intent; exit code 3 if they do not',
    )
    .option(...filesWritten)
    .option(...live)
    .option(...onePoint)
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output(...asText))
    .action(run(async () => (await import('./verify/verify.ts')).verify));

  withKubeconfig(program.command('why'))
    .description('the verdict of every layer on one flow, and what denies it')
    .argument('<flow...>', 'NAMESPACE/POD HOST:PORT, with /udp for UDP; a workload may stand for the pod')
    .option('--from-serviceaccount <namespace/name>', 'a pod under this ServiceAccount, instead of NAMESPACE/POD')
    .option('--at <time>', 'the state at a time, from the record: 2026-01-31T12:00:00Z, or 30m, 12h, 7d ago')
    .option(...auditDir)
    .option(...refusedLogFlag, refusedLog)
    .option(...filesWritten)
    .option(...live)
    .option(...onePoint)
    .option(...clusterId)
    .option(...secretsDir)
    .addOption(output(...asText))
    .action(run(async () => (await import('./why/why.ts')).why));
}

function logTimeZone(): Option {
  return new Option('--utc-offset <offset>', 'time zone of log times without one, such as +02:00')
    .argParser(utcOffset)
    .default(0, '+00:00');
}
