import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadAdapter, simulators } from '../../../adapters/index.ts';
import type { Simulator } from '../../../kit/simulator/simulator.ts';
import { apiVersion } from '../../api/meta.ts';
import { aborted, exitCodes, type ExitCode, type Io } from '../io.ts';
import { UsageError } from '../../core/model/usage-error.ts';

export interface SimulateOptions {
  readonly port: number;
  readonly version?: string;
  readonly latency: number;
  readonly output: 'json' | 'yaml';
  /** Of the point and the Secret that are printed. */
  readonly name: string;
}

/**
 * Runs a simulated appliance until it is told to stop. Once it listens it prints one line of JSON,
 * `{kind, version, url, caFile, credentials}`, or the manifests of a point that it is.
 */
export async function simulate(
  kind: string,
  { port, version, latency, output, name }: SimulateOptions,
  io: Io,
): Promise<ExitCode> {
  const start = Object.hasOwn(simulators, kind) ? await simulators[kind]?.() : undefined;
  if (start === undefined) {
    throw new UsageError(`there is no simulator "${kind}"; choose one of: ${Object.keys(simulators).join(', ')}`);
  }
  if (output === 'yaml' && (await loadAdapter(kind)) === undefined) {
    throw new UsageError(
      `${kind} is a consumer of a feed and no enforcement point, so there is no manifest for it; leave out -o yaml`,
    );
  }
  const options = { port, prepared: true, latencyMs: latency, ...(version !== undefined && { version }) };
  const simulator = await start(options).catch((error: unknown) => {
    throw explained(error, port);
  });
  const directory = await mkdtemp(join(tmpdir(), 'postern-simulator-'));
  try {
    const caFile = join(directory, 'ca.crt');
    await writeFile(caFile, simulator.ca);
    const { url, credentials } = simulator;
    io.out.write(
      output === 'yaml'
        ? manifests(simulator, name, io.environment.namespace)
        : `${JSON.stringify({ kind, version: simulator.version, url, caFile, credentials })}\n`,
    );
    await aborted(io.signal);
    return exitCodes.ok;
  } finally {
    await simulator.close();
    await rm(directory, { recursive: true });
  }
}

/** Where pods usually are, so that the point has a rule that denies the rest. */
const clusterNetworks = ['10.0.0.0/8'];

/** A point that enforces on the simulator, with the Secret that it refers to, as `run --manifests` takes them. */
function manifests(
  { kind, url, ca, credentials, config = { url } }: Simulator,
  name: string,
  namespace: string,
): string {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    stringData: { ...credentials, 'ca.crt': ca },
  };
  const spec = { adapter: kind, mode: 'Enforce', secretRef: { name }, config, clusterNetworks };
  const point = { apiVersion, kind: 'EnforcementPoint', metadata: { name }, spec };
  const ends = `# A simulated ${kind} that ends with \`postern simulate\`, and so do these credentials.\n`;
  return ends + [secret, point].map((object) => stringify(object)).join('---\n');
}

/** A version that is not simulated, or a port that is taken, is the user's to mend. */
function explained(error: unknown, port: number): unknown {
  if (error instanceof RangeError) return new UsageError(error.message);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return new UsageError(`port ${port} is taken; choose another, or 0 for any free one`);
  return error;
}
