import { Argument, Command, CommanderError } from 'commander';
import { version } from '../compose/version.ts';
import { UsageError } from '../core/model/usage-error.ts';
import { addApprovalCommands } from './approve/commands.ts';
import { addInspectCommands } from './inspect/commands.ts';
import { shells, type Shell } from './complete/scripts.ts';
import { exitCodes, safeSink, type ExitCode, type Io } from './io.ts';
import type { Run } from './options/options.ts';
import { ProgressLine } from './progress-line.ts';
import { addRunCommands } from './run/commands.ts';

/** Runs one command line and says how it ended. Writes nowhere but to `io`, and never ends the process. */
export async function main(argv: readonly string[], world: Io): Promise<ExitCode> {
  const line = new ProgressLine(world.err, world.clock);
  const io = {
    ...world,
    progress: (doing: string) => line.tell(doing),
    out: line.before(safeSink(world.out)),
    err: line.before(safeSink(world.err)),
  };
  let exit: ExitCode = exitCodes.ok;
  const program = commands((code) => (exit = code), io, world);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.error;
    io.err.write(`postern: ${describe(error)}\n`);
    return exitCodes.error;
  } finally {
    line.end();
  }
}

/** Errors that name what was asked and what it answered, or what to correct. */
const explained: ReadonlySet<string> = new Set(['UsageError', 'AdapterError', 'ApiError', 'RedisError']);

/** A stack helps only with defects, so only unexpected errors show one. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOfSystem = 'syscall' in error; // ENOENT, EACCES, ECONNREFUSED: the message names the file or the address
  return explained.has(error.name) || isOfSystem ? error.message : (error.stack ?? error.message);
}

/**
 * Every command; what it needs is loaded when it runs, so that the others start at once.
 *
 * @param world the same as `io`, for what a shell reads instead of a person
 */
export function commands(end: (code: ExitCode) => void, io: Io, world: Io = io): Command {
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
      'Egress policy for Kubernetes: one intent, kept in force on external firewalls and in the mesh, and verified on all of them.',
    )
    .version(version)
    .showHelpAfterError('(`postern --help` lists the commands; `postern COMMAND --help` explains one)')
    .addHelpText(
      'after',
      '\nExit codes: 0 success or nothing to do, 1 error, 2 changes pending, 3 inconsistent, 4 unknown, 5 rules left out.',
    );
  program.hook('preAction', (_, command) => {
    const { cluster = io.environment.cluster } = command.opts<{ cluster?: string }>();
    if (cluster !== undefined) checkClusterId(cluster);
  });
  // Commander gives the arguments, the options, and last the command itself.
  const run: Run =
    (load) =>
    async (...given) =>
      end(await (await load())(...([...given.slice(0, -1), io] as never[])));
  addInspectCommands(program, run, io);
  addApprovalCommands(program, run);
  addRunCommands(program, run);
  program
    .command('completion')
    .description('print the completion script of a shell: source <(postern completion bash)')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(shells))
    .action(async (shell: Shell) => end((await import('./complete/complete.ts')).completion(shell, io)));
  program
    .command('__complete', { hidden: true })
    .argument('[word...]')
    .action(async (words: readonly string[]) =>
      end(await (await import('./complete/complete.ts')).complete(program, words, world)),
    );
  return program;
}

/** It becomes part of names and marks on devices, so that it must mean nothing in any device's language. */
function checkClusterId(id: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?$/.test(id)) return;
  throw new UsageError(
    `a cluster is named by 1 to 20 lower-case letters, digits and inner hyphens, not "${id}"; correct --cluster or POSTERN_CLUSTER`,
  );
}
