import { writeFile } from 'node:fs/promises';
import { version } from '../../compose/version.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { openCluster, type ClusterOptions } from '../../kube/client/connect.ts';
import { exitCodes, type ExitCode, type Io } from '../io.ts';
import { notRead, partsOf } from './bundle-parts.ts';

export interface SupportOptions extends ClusterOptions {
  /** `-`: standard output. */
  readonly output: string;
}

/**
 * Writes one file of JSON for a support request: versions, our objects with their statuses and events, how
 * Postern is deployed, and what it logged last. Secrets are not read; what looks like a credential is taken out of everything else. A part that
 * cannot be read is told in its place.
 */
export async function supportBundle(options: SupportOptions, io: Io): Promise<ExitCode> {
  const api = await openCluster(options);
  const parts = await Promise.all(
    Object.entries(partsOf(api, io)).map(async ([name, read]) => [name, await read().catch(notRead)] as const),
  );
  const { platform, arch, versions } = process;
  const postern = { version, node: versions.node, platform, arch };
  const bundle = { collected: new Date(io.clock.now()).toISOString(), postern, ...Object.fromEntries(parts) };
  const text = `${JSON.stringify(bundle, null, 2)}\n`;
  if (options.output === '-') io.out.write(text);
  else {
    await writeNew(options.output, text);
    const isMissing = (part: unknown): boolean => typeof part === 'object' && part !== null && 'notRead' in part;
    const namesOf = (found: typeof parts): string => found.map(([name]) => name).join(', ');
    const missing = parts.filter(([, part]) => isMissing(part));
    const there = parts.filter((part) => !missing.includes(part));
    const lacking =
      missing.length === 0 ? '' : ` Could not be read, with the reason in its place: ${namesOf(missing)}.`;
    io.out.write(`Written to ${options.output}: ${namesOf(there)}.${lacking}\n`);
    io.out.write(
      'No Secret was read, and what looks like a credential was taken out. It names workloads, addresses and destinations: read it before you send it.\n',
    );
  }
  return exitCodes.ok;
}

/** For its owner alone, and never over a file that is there. */
async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new UsageError(`${file} is there already; name another file with -o`);
    throw error;
  });
}
