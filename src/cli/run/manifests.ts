import { adapters } from '../../../adapters/index.ts';
import { overGrantLoss } from '../../core/status/object-rules.ts';
import { secretNamed } from '../../kube/kinds/secret.ts';
import { watchManifests } from '../../kube/manifests/watch.ts';
import { systemClock } from '../../compose/clock.ts';
import { openAudit } from '../../compose/audit.ts';
import { startEmbedded, type Embedded } from '../../compose/embedded.ts';
import { startOperations, type Operations } from '../../compose/operations.ts';
import type { ExitCode, Io } from '../io.ts';
import { Expectations } from './expectations.ts';
import { RunLines } from './manifests-output.ts';

interface Options {
  readonly manifests: string;
  readonly cluster: string;
  readonly once?: true;
  readonly listen?: string;
  readonly auditDir?: string;
}

const readBackAfterMs = 10_000;
const recheckEveryMs = 60_000;

/** Keeps the enforcement points in step with a directory until told to stop, and prints what it does. */
export async function run(options: Options, io: Io): Promise<ExitCode> {
  const operations = await startOperations(options.listen ?? io.environment.listen);
  if (operations !== undefined) io.err.write(`postern: metrics and health at ${operations.url}\n`);
  try {
    return await follow(options, operations, io);
  } finally {
    await operations?.close();
  }
}

async function follow(
  { manifests, cluster, once, ...choice }: Options,
  operations: Operations | undefined,
  io: Io,
): Promise<ExitCode> {
  const lines = new RunLines(io, (point) => embedded.controller.overGrants(point).map(overGrantLoss));
  const expectations = new Expectations();
  const stop = new AbortController();
  const signal = AbortSignal.any([io.signal, stop.signal]);
  const embedded = startEmbedded({
    adapters: async (kind) => adapters[kind]?.(),
    secrets: async (name) => secretNamed((await watching).secrets(), name, io.environment.namespace),
    owner: { cluster },
    clock: systemClock,
    random: Math.random,
    readBackAfterMs: once === true ? 0 : readBackAfterMs,
    recheckEveryMs,
    metrics: operations?.metrics,
    audit: await openAudit(choice, io.environment, (message) => io.err.write(`postern: ${message}\n`)),
    report: (report) => {
      expectations.note(report);
      lines.report(report);
    },
  });
  operations?.queue(embedded.queue, false);
  void embedded.outcomes.follow((outcome) => operations?.metrics.outcome(outcome), signal);
  const watching = watchManifests(
    manifests,
    async (changes, problems, renewed) => {
      operations?.metrics.changes(changes);
      await embedded.apply(changes, true);
      operations?.begun();
      lines.changes(changes.length, [...problems, ...embedded.controller.problems()]);
      await recheckWith(renewed, embedded);
    },
    { clock: systemClock, signal },
  );
  try {
    const { ended } = await watching;
    if (once === true) await settled(embedded, expectations, signal);
    else await ended;
  } finally {
    stop.abort();
    await embedded.close();
  }
  return lines.exitCode;
}

/** A point that waits for a person to put a valid credential there need not wait any longer. */
async function recheckWith(secrets: ReadonlySet<string>, { controller }: Embedded): Promise<void> {
  for (const { metadata, spec } of controller.points())
    if (spec.secretRef !== undefined && secrets.has(spec.secretRef.name)) await controller.recheck(metadata.name);
}

const pollMs = 50;

/** Every point is as desired, or trying once more would not make it so. */
async function settled(embedded: Embedded, expectations: Expectations, signal: AbortSignal): Promise<void> {
  await embedded.idle();
  const points = embedded.controller.points().map(({ metadata }) => metadata.name);
  while (!signal.aborted && !points.every((point) => expectations.isOver(point)))
    await systemClock.sleep(pollMs, signal);
}
