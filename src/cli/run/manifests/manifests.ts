import { loadAdapter } from '../../../../adapters/index.ts';
import type { Clock } from '../../../adapter/adapter.ts';
import { openAudit } from '../../../compose/audit.ts';
import { startEmbedded, type Embedded } from '../../../compose/embedded.ts';
import { withOperations } from '../../../compose/operations.ts';
import type { World } from '../../../console/serve/world.ts';
import { overGrantLoss } from '../../../core/status/object-rules.ts';
import type { Operations } from '../../../http/operations.ts';
import { secretNamed } from '../../../kube/kinds/secret.ts';
import { watchManifests } from '../../../kube/manifests/watch.ts';
import { messageOf } from '../../../log/scrub.ts';
import type { ExitCode, Io } from '../../io.ts';
import { Expectations } from './expectations.ts';
import { RunLines } from './manifests-output.ts';

export interface ManifestsOptions {
  readonly manifests: string;
  readonly cluster?: string;
  readonly once?: true;
  readonly listen?: string;
  readonly console?: true;
  readonly auditDir?: string;
}

const readBackAfterMs = 10_000;
const recheckEveryMs = 60_000;

/** Keeps the enforcement points in step with a directory until told to stop, and prints what it does. */
export async function runManifests(options: ManifestsOptions, io: Io): Promise<ExitCode> {
  const listen = options.listen ?? io.environment.listen;
  const choice = { ...options, listen, cluster: clusterNamed(options, io), kubernetes: undefined };
  const pages =
    options.console && (await (await import('../../../compose/console.ts')).openConsole(choice, io.environment));
  const listening = (url: string): void =>
    io.err.write(
      `postern: metrics and health at ${url}${pages === undefined ? '' : `, the console at ${url}/console/`}\n`,
    );
  return withOperations(listen, listening, (operations) => follow(options, { operations, pages }, io), pages?.app);
}

function clusterNamed({ cluster }: Pick<ManifestsOptions, 'cluster'>, { environment }: Io): string {
  return cluster ?? environment.cluster ?? 'manifests';
}

interface Shown {
  readonly operations: Operations | undefined;
  readonly pages: { readonly world: World } | undefined;
}

async function follow(
  { manifests, once, ...choice }: ManifestsOptions,
  { operations, pages }: Shown,
  io: Io,
): Promise<ExitCode> {
  const lines = new RunLines(io, once !== true);
  const expectations = new Expectations();
  const stop = new AbortController();
  const signal = AbortSignal.any([io.signal, stop.signal]);
  const embedded = startEmbedded({
    adapters: loadAdapter,
    secrets: async (name) => secretNamed((await watching).secrets(), name, io.environment.namespace),
    owner: { cluster: clusterNamed(choice, io) },
    clock: io.clock,
    random: Math.random,
    readBackAfterMs: once === true ? 0 : readBackAfterMs,
    recheckEveryMs,
    metrics: operations?.metrics,
    audit: await openAudit(choice, io.environment, (message) => io.err.write(`postern: ${message}\n`)),
    onError: (subject, error) => lines.trouble(subject, messageOf(error)),
    report: (report) => {
      expectations.note(report);
      void embedded.publisher.read((compiled) =>
        lines.report(report, compiled.overGrants(report.point).map(overGrantLoss)),
      );
    },
  });
  operations?.queue(embedded.queue);
  // Files are read all at once.
  const shown = pages?.world.follow({ ...embedded, synced: () => true });
  void embedded.outcomes.follow((outcome) => operations?.metrics.outcome(outcome), signal);
  const watching = watchManifests(
    manifests,
    async ({ changes, problems, renewed, complete }) => {
      operations?.metrics.changes(changes);
      shown?.changes(changes);
      await embedded.apply(changes, complete, { confirmed: embedded.publisher.unexplained, filled: true });
      operations?.begun();
      const found = await embedded.publisher.read((compiled) => compiled.problems());
      lines.changes(changes.length, [...problems, ...found]);
      await recheckWith(renewed, embedded);
    },
    { clock: io.clock, signal },
  );
  try {
    const { ended } = await watching;
    if (once === true) await settled(embedded, expectations, io.clock, signal);
    else await ended;
  } finally {
    stop.abort();
    await embedded.close();
  }
  return lines.exitCode;
}

/** A point that waits for a person to put a valid credential there need not wait any longer. */
async function recheckWith(secrets: ReadonlySet<string>, { publisher }: Embedded): Promise<void> {
  for (const { metadata, spec } of publisher.points())
    if (spec.secretRef !== undefined && secrets.has(spec.secretRef.name)) await publisher.recheck(metadata.name);
}

const pollMs = 50;

/** Every point is as desired, or trying once more would not make it so. */
async function settled(
  embedded: Embedded,
  expectations: Expectations,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  await embedded.idle();
  const points = embedded.publisher.points().map(({ metadata }) => metadata.name);
  while (!signal.aborted && !points.every((point) => expectations.isOver(point))) await clock.sleep(pollMs, signal);
}
