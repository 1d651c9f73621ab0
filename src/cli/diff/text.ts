import { tableLines } from '../../core/model/text-table.ts';
import type { FlowChange } from '../../diff/flow-changes.ts';
import type { PointCost } from '../../inspect/diff/costs.ts';
import { painter, type Io } from '../io.ts';
import type { Paint } from '../../core/model/paint.ts';
import {
  costText,
  decidedBy,
  flowsIn,
  flowText,
  layersText,
  objectionsText,
  summaryText,
  workloadsNote,
  workloadText,
  type Difference,
} from './difference.ts';

const sections = [
  { change: 'opened', title: 'Opens', sign: '+', meaning: 'add' },
  { change: 'closed', title: 'Closes', sign: '-', meaning: 'remove' },
  { change: 'moved', title: 'Decided by another policy', sign: '~', meaning: 'change' },
] as const;

const shown = 30;

/** What opens and what closes as tables, then each device, then the numbers. */
export function* differenceText(
  difference: Difference,
  { out, environment }: Pick<Io, 'out' | 'environment'>,
): Iterable<string> {
  const paint = painter(out, environment);
  for (const section of sections) {
    const changes = difference.changes.filter(({ change }) => change === section.change);
    if (changes.length === 0) continue;
    yield `${paint(section.title, 'strong')} (${flowsIn(changes, section.change)})\n`;
    yield `${table(difference, changes, (line) => paint(`  ${section.sign} ${line}`, section.meaning))}\n`;
    if (changes.length > shown) yield paint(`  ... and ${changes.length - shown} more; -o json has all\n`, 'dim');
    yield '\n';
  }
  for (const point of difference.points) yield pointText(point, paint);
  const note = workloadsNote(difference.workloadsFrom);
  if (note !== '') yield `${paint(note, 'warn')}\n`;
  yield `${summaryText(difference)}\n`;
}

function table(difference: Difference, changes: readonly FlowChange[], line: (text: string) => string): string {
  const rows = changes
    .slice(0, shown)
    .map((change) => [who(change), '->', flowText(change), decidedBy(change), `at ${layersText(difference, change)}`]);
  return tableLines(rows).map(line).join('\n');
}

/** The workload, or the first of several and how many more. */
function who({ workloads: [first, ...others] }: FlowChange): string {
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return first === undefined ? '' : workloadText(first) + more;
}

function pointText(cost: PointCost, paint: Paint): string {
  const lines = [
    `${paint(cost.name, 'strong')} ${paint(`(${cost.adapter})`, 'dim')}: ${costText(cost)}`,
    ...objectionsText(cost).map((text) => paint(`  ${text}`, 'warn')),
  ];
  return `${lines.join('\n')}\n`;
}
