import { UsageError } from '../../core/model/usage-error.ts';
import { compareProblems } from '../../api/problem.ts';
import { flowChanges, type FlowChange } from '../../diff/flow-changes.ts';
import { layersFor, type Layer } from '../../diff/layers.ts';
import { costsOf, type Costs } from '../../inspect/diff/costs.ts';
import { readWorlds, sourcesIn, type TwoWorlds, type WorldsOptions } from '../../inspect/diff/worlds.ts';
import { namespaceLabelsIn } from '../../verify/values/selector.ts';
import { remainingFrom } from '../../verify/values/time.ts';
import { exitCodes, exitFor, writeLines, writeProblems, type ExitCode, type Io } from '../io.ts';
import type { Difference } from './difference.ts';
import type { RecordsOptions } from '../options/clusters.ts';
import { failsOn, render, type DiffOutput } from './render.ts';

export interface DiffOptions extends WorldsOptions, DiffOutput, RecordsOptions {
  /** Moments on record, instead of worlds. */
  readonly at?: readonly string[];
}

/** Which flows open and which close from one world to another, and what that takes on each device. Changes nothing. */
export async function diff(
  before: string | undefined,
  after: string | undefined,
  options: DiffOptions,
  io: Io,
): Promise<ExitCode> {
  if (options.at !== undefined) {
    if (before !== undefined || options.with !== undefined)
      throw new UsageError('--at takes two moments, --at 7d 1h, or one, and compares nothing else: leave out the rest');
    return (await import('./diff-at.ts')).diffAt(options.at, options, io);
  }
  if (options.clusters !== undefined) throw new UsageError('--clusters are records: give two moments with --at');
  if (before === undefined || after === undefined)
    throw new UsageError(
      'two sides are missing: give a file, git:REVISION or cluster for each, or two moments on record with --at',
    );
  const worlds = await readWorlds(sourcesIn(before, after), options, io);
  const now = io.clock.now();
  const changes = flowChanges(worlds.before, worlds.after, remainingFrom(now));
  const costs = await costsOf(worlds.before, worlds.after, now);
  const problems = [...worlds.problems, ...costs.problems].sort(compareProblems);
  const { points } = costs;
  const difference = { ...worlds, changes, points, problems, layersOf: layersIn(worlds, costs) };
  if (options.output !== 'json') writeProblems(problems, io);
  await writeLines(await render(options.output, difference, io), io.out);
  return exitFor(problems, failsOn(options.failOn, changes) ? exitCodes.pending : exitCodes.ok);
}

/** The points of the world that lets the flow out see to it; each namespace is asked about once. */
function layersIn({ before, after }: TwoWorlds, { layersBefore, layersAfter }: Costs): Difference['layersOf'] {
  const [was, is] = [before, after].map(({ namespaces }) => namespaceLabelsIn(namespaces));
  const known = new Map<FlowChange, Map<string, readonly Layer[]>>();
  return (change, namespace) => {
    const own = known.get(change) ?? new Map<string, readonly Layer[]>();
    known.set(change, own);
    const [points, labelsOf] = change.change === 'closed' ? [layersBefore, was] : [layersAfter, is];
    const found = own.get(namespace) ?? layersFor(points, labelsOf?.(namespace) ?? {}, change.flows[0]);
    own.set(namespace, found);
    return found;
  };
}
