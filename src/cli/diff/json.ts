import type { FlowChange } from '../../diff/flow-changes.ts';
import { jsonArray } from '../../report/output/json.ts';
import type { Difference } from './difference.ts';

/** `{from, to, unknown, doubts}` before it of two moments on record. `{opened, closed, moved, points, workloadsFrom, problems}` with a flow on a line: they may be many. */
export function* differenceJson(difference: Difference): Iterable<string> {
  const { moments } = difference;
  yield '{';
  if (moments !== undefined) {
    const { from, to, doubts } = moments;
    yield `"from": ${JSON.stringify(from)}, "to": ${JSON.stringify(to)}, "doubts": ${JSON.stringify(doubts)},`;
  }
  const kinds = ['opened', 'closed', 'moved', ...(moments === undefined ? [] : (['unknown'] as const))] as const;
  for (const change of kinds) {
    yield `\n"${change}": `;
    yield* jsonArray(flowsOf(difference, change));
    yield ',';
  }
  const points = difference.points.map(({ changes, ...cost }) => ({ ...cost, changes: changes.length }));
  yield '\n"points": ';
  yield* jsonArray(points);
  yield `,\n"workloadsFrom": ${JSON.stringify(difference.workloadsFrom)},\n"problems": `;
  yield* jsonArray(difference.problems);
  yield '\n}\n';
}

function* flowsOf({ changes, layersOf }: Difference, change: FlowChange['change']): Iterable<unknown> {
  for (const one of changes) {
    if (one.change !== change) continue;
    const { destination, targets, port, protocol, before, after, workloads } = one;
    const { policy, tier } = (change === 'closed' ? before : after) ?? { policy: null, tier: 'Default' };
    for (const { cluster, namespace, workload, serviceAccount } of workloads) {
      const layers = layersOf(one, namespace);
      yield {
        ...(cluster !== undefined && { cluster }),
        ...{ namespace, workload, serviceAccount, destination, port, protocol, targets },
        ...{ policy, tier, before, after, layers },
      };
    }
  }
}
