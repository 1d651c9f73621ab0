import { kinds, type Kind } from '../../../api/kinds.ts';
import { apiVersion } from '../../../api/meta.ts';
import { UsageError } from '../../../core/model/usage-error.ts';
import { objectOverviews, overviewOf, type ObjectOverview, type Overview } from '../../../core/status/overview.ts';
import { asApiError } from '../../../kube/api-error.ts';
import { openCluster, type ClusterOptions } from '../../../kube/client/connect.ts';
import { listPages } from '../../../kube/client/list-pages.ts';
import { collectionPath } from '../../../kube/client/paths.ts';
import type { ApiClient } from '../../../kube/client/transport.ts';
import { isData, writeData } from '../../data.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../../io.ts';
import { statusText, wideStatusText } from './status-text.ts';

export interface StatusOptions extends ClusterOptions {
  /** `wide`: more of each point, and policies that are ready, too. */
  readonly output: 'text' | 'wide' | 'json' | 'yaml';
  /** Go on, and say it again whenever it has changed. */
  readonly watch?: true;
}

/** What is there, and with `wide` each policy and service of it. */
interface Seen {
  readonly overview: Overview;
  readonly objects: readonly ObjectOverview[];
}

const watchEveryMs = 2_000;

/** What the cluster says of every enforcement point, and of what is not in force: 0 if everything is ready, else 1. */
export async function status(options: StatusOptions, io: Io): Promise<ExitCode> {
  const api = await openCluster(options);
  let seen = await read(api, options, io);
  show(seen, options, io);
  if (options.watch !== true) return exitOf(seen);
  for (;;) {
    await io.clock.sleep(watchEveryMs, io.signal);
    if (io.signal.aborted) return exitOf(seen);
    const next = await read(api, options, io).catch((error: unknown) => notRead(error, io));
    if (next === undefined || JSON.stringify(next) === JSON.stringify(seen)) continue;
    seen = next;
    show(seen, options, io);
  }
}

function exitOf({ overview: { ready } }: Seen): ExitCode {
  return ready ? exitCodes.ok : exitCodes.error;
}

/** An API server that does not answer for a moment ends no watch. */
function notRead(error: unknown, { err, signal }: Io): undefined {
  if (!(error instanceof UsageError)) throw error;
  if (!signal.aborted) err.write(`postern: ${error.message}; it is asked again in ${watchEveryMs / 1_000} seconds\n`);
}

async function read(api: ApiClient, { output }: StatusOptions, { clock, signal }: Io): Promise<Seen> {
  const names = Object.keys(kinds) as Kind[];
  const lists = await Promise.all(names.map(async (kind) => [kind, await list(api, kind, signal)] as const));
  const objects = Object.fromEntries(lists);
  return {
    overview: overviewOf(objects, clock.now()),
    objects: output === 'wide' ? objectOverviews(objects) : [],
  };
}

function show({ overview, objects }: Seen, { output, watch }: StatusOptions, io: Io): void {
  const now = io.clock.now();
  // Of a watch a program can read each as it comes: a line of JSON, a document of YAML.
  if (output === 'json' && watch === true) io.out.write(`${JSON.stringify(overview)}\n`);
  else if (isData(output)) {
    if (watch === true) io.out.write('---\n');
    writeData(overview, output, io);
  } else {
    const paint = painter(io.out, io.environment);
    const when = watch === true ? `${new Date(now).toISOString()}\n` : '';
    const text = output === 'wide' ? wideStatusText(overview, objects, now, paint) : statusText(overview, now, paint);
    io.out.write(when + text + (watch === true ? '\n' : ''));
  }
}

async function list(api: ApiClient, kind: Kind, signal: AbortSignal): Promise<readonly unknown[]> {
  try {
    return await listPages(api, collectionPath({ apiVersion, plural: kinds[kind].plural }), signal);
  } catch (error) {
    throw new UsageError(`the cluster cannot be read: ${asApiError(error).message}`);
  }
}
