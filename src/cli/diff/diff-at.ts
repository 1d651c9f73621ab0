import { UsageError } from '../../core/model/usage-error.ts';
import { changesBetween, subjectsById, type FlowChange } from '../../diff/flow-changes.ts';
import type { Layer } from '../../diff/layers.ts';
import { lastOnRecord, worldThen, type WorldThen } from '../../inspect/world-then.ts';
import { rulesInOrder } from '../../report/record/rules-in-order.ts';
import { timeOption } from '../options/time.ts';
import { recordSources, type RecordsOptions } from '../options/clusters.ts';
import { exitCodes, writeLines, type ExitCode, type Io } from '../io.ts';
import { failsOn, render, type DiffOutput } from './render.ts';

/**
 * Which flows opened and which closed on the devices from one moment to another, by the record alone. 4 where nothing did as far
 * as is known, and not all is.
 */
export async function diffAt(
  times: readonly string[],
  options: DiffOutput & RecordsOptions,
  io: Io,
): Promise<ExitCode> {
  const now = io.clock.now();
  const sources = recordSources(options, io);
  const [from = NaN, until, ...more] = times.map((text) => Date.parse(timeOption(text, now)));
  if (more.length > 0) throw new UsageError('--at takes two moments, or one');
  // The record does not have the current moment yet.
  const last = until ?? (await lastOnRecord(sources, now));
  const to = until === undefined && last < from ? now : last;
  if (from > to) throw new UsageError('the first moment of --at is the earlier one: exchange them');
  const [was, is] = [await worldThen(sources, from), await worldThen(sources, to)];
  const changes = changesBetween(
    subjectsById(was.workloads, (policies) => policies),
    subjectsById(is.workloads, (policies) => policies),
  );
  const doubts = [...new Set([was, is].flatMap((one) => one.doubts.map((doubt) => `${one.at}: ${doubt}`)))];
  const difference = {
    changes,
    moments: { from: was.at, to: is.at, doubts },
    points: [],
    problems: [],
    workloadsFrom: 'both',
    locate: () => Promise.resolve(undefined),
    layersOf: (change: FlowChange) => layersThen(change.change === 'closed' ? was : is, change),
  } as const;
  await writeLines(await render(options.output, difference, io), io.out);
  if (failsOn(options.failOn, changes)) return exitCodes.pending;
  const isKnown = doubts.length === 0 && changes.every(({ change }) => change !== 'unknown');
  return isKnown ? exitCodes.ok : exitCodes.unknown;
}

/** The points that had rules of the policy that lets the flow out. */
function layersThen({ points }: WorldThen, { change, before, after }: FlowChange): readonly Layer[] {
  const policy = (change === 'closed' ? before : after)?.policy;
  return points
    .filter(({ state }) =>
      rulesInOrder(state).some(({ policies }) =>
        policies.some(
          ({ kind, namespace, name }) => [kind, namespace, name].filter((part) => part !== '').join('/') === policy,
        ),
      ),
    )
    .map(({ name, adapter }) => ({ point: name, adapter, enforces: 'yes', reason: '' }));
}
