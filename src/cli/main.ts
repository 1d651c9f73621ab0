import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { exitCodes, UsageError, type ExitCode, type Io } from './io.ts';

declare const POSTERN_VERSION: string;

/** Runs one command line and says how it ended. Writes nowhere but to `io`, and never ends the process. */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exit: ExitCode = exitCodes.ok;
  const program = commands((code) => (exit = code), io)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.err.write(text) });
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
function commands(end: (code: ExitCode) => void, io: Io): Command {
  const program = new Command('postern')
    .description('One intent for who may leave the cluster, kept true on external firewalls.')
    .version(typeof POSTERN_VERSION === 'string' ? POSTERN_VERSION : 'development')
    .showHelpAfterError('(`postern --help` lists the commands; `postern COMMAND --help` explains one)')
    .addHelpText('after', '\nExit codes: 0 fine or nothing to do, 1 error, 2 changes pending, 3 inconsistent.');

  program
    .command('run')
    .description('keep enforcement points in step with a directory of manifests')
    .requiredOption('--manifests <dir>', 'directory of Kubernetes YAML, watched as if it were the cluster')
    .option('--cluster <id>', 'name of this cluster in every mark on a device', 'manifests')
    .option('--once', 'bring every point up to date, then exit')
    .action(async (options: { manifests: string; cluster: string; once?: true }) => {
      end(await (await import('./commands/run.ts')).run(options, io));
    });

  program
    .command('demo')
    .description('a simulated firewall, a small company, a working day, and a proof')
    .option('--fast', 'without pauses for reading')
    .action(async (options: { fast?: true }) => {
      end(await (await import('./commands/demo.ts')).runDemo(options, io));
    });

  program
    .command('simulate')
    .description('start a simulated appliance; prints one line of JSON once it listens')
    .argument('<kind>', 'fortigate')
    .option('--port <number>', 'port to listen on; 0 for any free one', portNumber, 0)
    .option('--version <version>', 'firmware version to behave like')
    .option('--latency <ms>', 'milliseconds that every request takes', wholeNumber, 0)
    .action(async (kind: string, options: { port: number; version?: string; latency: number }) => {
      end(await (await import('./commands/simulate.ts')).simulate(kind, options, io));
    });
  return program;
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
