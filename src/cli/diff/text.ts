import { tableLines } from '../../core/text/text-table.ts';
import type { FlowChange } from '../../diff/flow-changes.ts';
import type { PointCost } from '../../inspect/diff/costs.ts';
import { painter, type Io } from '../io.ts';
import type { Paint } from '../../core/text/paint.ts';
import {
  costText,
  decidedBy,
  flowText,
  layersText,
  objectionsText,
  sectionsOf,
  summaryText,
  workloadsNote,
  workloadsText,
  type Difference,
} from './difference.ts';

const signs = {
  opened: ['+', 'add'],
  closed: ['-', 'remove'],
  moved: ['~', 'change'],
  unknown: ['?', 'warn'],
} as const;

const shown = 30;

/** What opens and what closes as tables, then each device, then the numbers. */
export function* differenceText(
  difference: Difference,
  { out, environment }: Pick<Io, 'out' | 'environment'>,
): Iterable<string> {
  const paint = painter(out, environment);
  for (const { change, title, flows, changes } of sectionsOf(difference)) {
    const [sign, meaning] = signs[change];
    yield `${paint(title, 'strong')} (${flows})\n`;
    yield `${table(difference, changes, (line) => paint(`  ${sign} ${line}`, meaning))}\n`;
    if (changes.length > shown) yield paint(`  ... and ${changes.length - shown} more; -o json has all\n`, 'dim');
    yield '\n';
  }
  for (const point of difference.points) yield pointText(point, paint);
  for (const doubt of difference.moments?.doubts ?? []) yield `${paint(doubt, 'warn')}\n`;
  const note = workloadsNote(difference.workloadsFrom);
  if (note !== '') yield `${paint(note, 'warn')}\n`;
  yield `${summaryText(difference)}\n`;
}

function table(difference: Difference, changes: readonly FlowChange[], line: (text: string) => string): string {
  const rows = changes
    .slice(0, shown)
    .map((change) => [
      workloadsText(change, 1),
      '->',
      flowText(change),
      decidedBy(change),
      `at ${layersText(difference, change)}`,
    ]);
  return tableLines(rows).map(line).join('\n');
}

function pointText(cost: PointCost, paint: Paint): string {
  const lines = [
    `${paint(cost.name, 'strong')} ${paint(`(${cost.adapter})`, 'dim')}: ${costText(cost)}`,
    ...objectionsText(cost).map((text) => paint(`  ${text}`, 'warn')),
  ];
  return `${lines.join('\n')}\n`;
}
