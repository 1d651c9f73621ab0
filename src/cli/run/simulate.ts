import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulators } from '../../../adapters/index.ts';
import { aborted, exitCodes, type ExitCode, type Io } from '../io.ts';
import { UsageError } from '../../core/model/usage-error.ts';

export interface SimulateOptions {
  readonly port: number;
  readonly version?: string;
  readonly latency: number;
}

/**
 * Runs a simulated appliance until it is told to stop. Its first and only line of output is JSON:
 * `{kind, version, url, caFile, credentials}`.
 */
export async function simulate(kind: string, { port, version, latency }: SimulateOptions, io: Io): Promise<ExitCode> {
  const start = await simulators[kind]?.();
  if (start === undefined) {
    throw new UsageError(`there is no simulator "${kind}"; choose one of: ${Object.keys(simulators).join(', ')}`);
  }
  const options = { port, latencyMs: latency, ...(version !== undefined && { version }) };
  const simulator = await start(options).catch((error: unknown) => {
    throw explained(error, port);
  });
  const directory = await mkdtemp(join(tmpdir(), 'postern-simulator-'));
  try {
    const caFile = join(directory, 'ca.crt');
    await writeFile(caFile, simulator.ca);
    const { url, credentials } = simulator;
    io.out.write(`${JSON.stringify({ kind, version: simulator.version, url, caFile, credentials })}\n`);
    await aborted(io.signal);
    return exitCodes.ok;
  } finally {
    await simulator.close();
    await rm(directory, { recursive: true });
  }
}

/** A version that is not simulated, or a port that is taken, is the user's to mend. */
function explained(error: unknown, port: number): unknown {
  if (error instanceof RangeError) return new UsageError(error.message);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return new UsageError(`port ${port} is taken; choose another, or 0 for any free one`);
  return error;
}
