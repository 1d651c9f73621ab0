import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { addAuditCommands } from './inspect/audit-commands.ts';
import type { LintOptions } from './inspect/lint.ts';
import type { MatrixOptions } from './inspect/matrix.ts';
import type { PlanOptions } from './inspect/plan.ts';
import { addExchangeCommands } from './exchange-commands.ts';
import { exitCodes, UsageError, type ExitCode, type Io } from './io.ts';
import { addLiveCommands } from './run/commands.ts';
import { addReportCommand } from './inspect/report-command.ts';
import { visible } from '../log/printable.ts';

declare const POSTERN_VERSION: string;

/** Runs one command line and says how it ended. Writes nowhere but to `io`, and never ends the process. */
export async function main(argv: readonly string[], world: Io): Promise<ExitCode> {
  const io = { ...world, out: visible(world.out), err: visible(world.err) };
  let exit: ExitCode = exitCodes.ok;
  const program = commands((code) => (exit = code), io);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.error;
    const message = error instanceof UsageError ? error.message : describe(error);
    io.err.write(`postern: ${message}\n`);
    return exitCodes.error;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Every command; what it needs is loaded when it runs, so that the others start at once. */
export function commands(end: (code: ExitCode) => void, io: Io): Command {
  // Commands take over what is configured before they are made.
  const program = new Command('postern')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
      getOutHelpWidth: () => io.out.width,
      getErrHelpWidth: () => io.err.width,
    })
    .enablePositionalOptions()
    .description(
      'One intent for who may leave the cluster: kept true on external firewalls and in the mesh, and proven consistent.',
    )
    .version(typeof POSTERN_VERSION === 'string' ? POSTERN_VERSION : 'development')
    .showHelpAfterError('(`postern --help` lists the commands; `postern COMMAND --help` explains one)')
    .addHelpText('after', '\nExit codes: 0 fine or nothing to do, 1 error, 2 changes pending, 3 inconsistent.');

  program.hook('preAction', (_, command) => {
    const { cluster = io.environment.cluster } = command.opts<{ cluster?: string }>();
    if (cluster !== undefined) checkClusterId(cluster);
  });

  program
    .command('matrix')
    .description('who may reach what: every workload by every external destination')
    .requiredOption(...filesOption)
    .addOption(outputOption('text', 'json', 'csv', 'html'))
    .action(async (options: MatrixOptions) => {
      end(await (await import('./inspect/matrix.ts')).matrix(options, io));
    });

  program
    .command('plan')
    .description('what would change on the firewalls; changes nothing')
    .requiredOption(...filesOption)
    .option('--point <name>', 'this enforcement point alone')
    .option('--live', 'compare with the devices as they are, instead of with empty ones; reads only')
    .option('--cluster <id>', 'name of this cluster in every mark on a device', io.environment.cluster ?? 'manifests')
    .addOption(outputOption('text', 'json'))
    .action(async (options: PlanOptions) => {
      end(await (await import('./inspect/plan.ts')).plan(options, io));
    });

  addLint(program, end, io);
  addExchangeCommands(program, end, io);
  addLiveCommands(program, end, io);
  addAuditCommands(program, end, io);
  addReportCommand(program, end, io);

  program
    .command('demo')
    .description('two simulated firewalls side by side, a small company, a working day, and a proof')
    .option('--fast', 'without pauses for reading')
    .action(async (options: { fast?: true }) => {
      end(await (await import('./run/demo.ts')).runDemo(options, io));
    });

  program
    .command('simulate')
    .description('start a simulated appliance; prints one line of JSON once it listens')
    .argument('<kind>', 'fortigate')
    .option('--port <number>', 'port to listen on; 0 for any free one', portNumber, 0)
    .option('--version <version>', 'firmware version to behave like')
    .option('--latency <ms>', 'milliseconds that every request takes', wholeNumber, 0)
    .action(async (kind: string, options: { port: number; version?: string; latency: number }) => {
      end(await (await import('./run/simulate.ts')).simulate(kind, options, io));
    });
  return program;
}

function addLint(program: Command, end: (code: ExitCode) => void, io: Io): void {
  program
    .command('lint')
    .description('what does not count, and what counts but should be looked at; exit code 1 if there are errors')
    .option(...filesOption)
    .option(
      '--mesh',
      'check the objects of the mesh, too: those that would be written, and those of others beside them',
    )
    .option('--live', 'look at the cluster instead of files; reads only')
    .option('--kubeconfig <file>', 'with --live: how to reach the cluster; absent: as kubectl finds it')
    .option('--context <name>', 'with --live: context of the kubeconfig')
    .option('--cluster <id>', 'name of this cluster in every mark; or POSTERN_CLUSTER')
    .addOption(outputOption('text', 'json'))
    .action(async (options: LintOptions) => {
      end(await (await import('./inspect/lint.ts')).lint(options, io));
    });
}

const filesOption = [
  '-f, --filename <path...>',
  'files, directories and - for standard input: our kinds and what `kubectl get -o yaml` prints, in any mix',
] as const;

function outputOption(...formats: readonly [string, ...string[]]): Option {
  return new Option('-o, --output <format>', 'how to print it').choices(formats).default(formats[0]);
}

/** It becomes part of names and marks on devices, so that it must mean nothing in any device's language. */
function checkClusterId(id: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?$/.test(id)) return;
  throw new UsageError(
    `a cluster is named by 1 to 20 lower-case letters, digits and inner hyphens, not "${id}"; correct --cluster or POSTERN_CLUSTER`,
  );
}

function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('This must be a whole number.');
  return Number(text);
}
