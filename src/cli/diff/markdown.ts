import type { FlowChange } from '../../diff/flow-changes.ts';
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

/** A comment on GitHub has at most 65,536 characters. */
const shown = 60;
const shownWorkloads = 5;

/** For a pull request: the numbers first, what opens unfolded, the rest to be unfolded. */
export function* differenceMarkdown(difference: Difference): Iterable<string> {
  yield `### Postern: ${summaryText(difference)}\n`;
  for (const { change, title, flows, changes } of sectionsOf(difference)) {
    const heading = `${title} (${flows})`;
    const isOpen = change === 'opened' ? ' open' : '';
    yield `\n<details${isOpen}><summary>${heading}</summary>\n\n${tableOf(difference, changes)}\n</details>\n`;
  }
  if (difference.points.length > 0) yield `\n${pointsTable(difference)}`;
  const doubts = difference.moments?.doubts ?? [];
  if (doubts.length > 0) yield `\n${doubts.map((doubt) => `- ${cell(doubt)}\n`).join('')}`;
  const note = workloadsNote(difference.workloadsFrom);
  if (note !== '') yield `\n${note}\n`;
  const problems = difference.problems.map(
    ({ severity, subject, field, message }) =>
      `- **${severity}** ${cell([subject, field].join(' ').trim())}: ${cell(message)}`,
  );
  if (problems.length > 0) yield `\n${problems.slice(0, shown).join('\n')}\n`;
}

function tableOf(difference: Difference, changes: readonly FlowChange[]): string {
  const rows = changes
    .slice(0, shown)
    .map((change) =>
      [workloadsText(change, shownWorkloads), flowText(change), decidedBy(change), layersText(difference, change)].map(
        cell,
      ),
    );
  const rest = changes.length - shown;
  return table(['Workload', 'Destination', 'Decided', 'At'], rows) + (rest > 0 ? `\n... and ${rest} more.\n` : '');
}

function pointsTable({ points }: Difference): string {
  const rows = points.map((cost) => [
    cell(`${cost.name} (${cost.adapter})`),
    [costText(cost), ...objectionsText(cost)].map(cell).join('<br>'),
  ]);
  return table(['Enforcement point', 'What it takes'], rows);
}

/** Of cells that are Markdown already. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(header) + line(header.map(() => '---')) + rows.map(line).join('');
}

/** Escapes names, so that they mean nothing in Markdown or HTML, and mention no user. */
function cell(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll(/[\\`*_[\]|~#@]/g, (sign) => `&#${sign.codePointAt(0)};`);
}
