import { objectName, throughPorts, towards } from '../../core/text/wording.ts';
import type { Paint } from '../../core/text/paint.ts';
import { aboutMaking, aboutPoint, aboutRecord, dayOf, flagCounts, heavyFlags, sourceOfRule } from './wording.ts';
import { tableLines } from '../../core/text/text-table.ts';
import { type RefusedEntry, type Report, type RuleEntry } from '../report.ts';
import { fitted, tableLine, wrapped, type Column } from './text-table.ts';

const words = { yes: 'yes', no: 'NO', 'not known': '?' } as const;
const meanings = { yes: 'good', no: 'bad', 'not known': 'warn' } as const;

/**
 * Point by point a summary and its rules. Text that does not fit on a line is cut; the other formats have all of it. In pieces,
 * rule by rule.
 *
 * @param width characters that fit on a line
 */
export function* reportText(report: Report, width: number, paint: Paint): Iterable<string> {
  const { made, points, rules } = report;
  yield `${paint(`Rules by enforcement point, as of ${made.about}`, 'strong')}\n`;
  for (const line of wrapped(aboutMaking(made), width)) yield `${paint(line, 'dim')}\n`;
  if (points.length === 0) yield '\nThere is no enforcement point.\n';
  const byPoint = new Map(points.map(({ name }) => [name, [] as RuleEntry[]]));
  for (const rule of rules) byPoint.get(rule.point)?.push(rule);
  for (const point of points) {
    const [first = '', ...rest] = aboutPoint(point);
    yield `\n${paint(point.name, 'strong')} ${paint(first, 'dim')}\n`;
    for (const line of [...rest, aboutRecord(point)].flatMap((text) => wrapped(text, width - 2)))
      yield `  ${paint(line, 'dim')}\n`;
    yield* table(byPoint.get(point.name) ?? [], width, paint);
  }
  if (report.refused !== undefined) yield* refusals(report.refused, paint);
  const counts = flagCounts(rules);
  if (rules.length === 0) return;
  yield '\n';
  const summary = counts.map(([code, count]) => `${code} ${count}`).join(', ');
  const end = counts.length === 0 ? 'Nothing to look at.' : `To look at: ${summary}`;
  for (const line of wrapped(end, width)) yield `${paint(line, counts.length === 0 ? 'good' : 'warn')}\n`;
}

function* refusals(refused: readonly RefusedEntry[], paint: Paint): Iterable<string> {
  yield `\n${paint('Refused, as the log says', 'strong')}\n`;
  if (refused.length === 0) yield '  Nobody.\n';
  const rows = refused.map(({ who, to, by, times, last }) => [who, to || '-', `${times}`, last, by]);
  const [head = '', ...lines] = tableLines([['WHO', 'TO', 'TIMES', 'LAST', 'REFUSED BY'], ...rows], [2]);
  if (rows.length > 0) yield `  ${paint(head, 'dim')}\n`;
  for (const line of lines) yield `  ${line}\n`;
}

const wide: readonly Column<RuleEntry>[] = [
  { title: '#', cell: ({ position }) => `${position ?? '-'}` },
  { title: 'ACTION', cell: ({ action }) => action },
  { title: 'WHO', cell: sourceOfRule, gives: true },
  { title: 'ADDR', cell: ({ addresses }) => `${addresses ?? '?'}` },
  { title: 'TO', cell: towards, gives: true },
  { title: 'PORTS', cell: throughPorts, gives: true },
  { title: 'POLICY', cell: nameOfPolicy, gives: true },
  { title: 'OWNER', cell: ownerOf, gives: true },
  { title: 'SINCE', cell: ({ since }) => dayOf(since) },
  { title: 'LIVE', cell: ({ live }) => words[live.state] },
];

const narrow = wide.filter(({ title }) => ['#', 'ACTION', 'WHO', 'ADDR', 'TO', 'LIVE'].includes(title));
const enough = 110;

function* table(rules: readonly RuleEntry[], width: number, paint: Paint): Iterable<string> {
  if (rules.length === 0) return;
  const columns = width < enough ? narrow : wide;
  const widths = fitted(columns, rules, width - 2);
  yield `  ${paint(
    tableLine(
      columns.map(({ title }) => title),
      widths,
    ),
    'dim',
  )}\n`;
  const indent = ' '.repeat((widths[0] ?? 0) + 4);
  for (const rule of rules) {
    const cells = columns.map(({ cell }) => cell(rule));
    const last = cells.length - 1;
    const painted = (text: string, at: number): string => {
      if (at === 1) return paint(text, rule.action === 'Accept' ? 'good' : 'bad');
      return at === last ? paint(text.trimEnd(), meanings[rule.live.state]) : text;
    };
    yield `  ${tableLine(cells, widths, painted)}\n`;
    if (columns === narrow) {
      const rest = [throughPorts(rule), nameOfPolicy(rule), ownerOf(rule), `since ${dayOf(rule.since)}`];
      for (const line of wrapped(rest.join(' · '), width - indent.length)) yield `${indent}${paint(line, 'dim')}\n`;
    }
    for (const { code, message } of rule.flags) {
      const [first = '', ...more] = wrapped(`! ${code}: ${message}`, width - indent.length - 2);
      const meaning = heavyFlags.has(code) ? 'bad' : 'warn';
      yield `${indent}${paint(first, meaning)}\n`;
      for (const line of more) yield `${indent}  ${paint(line, meaning)}\n`;
    }
  }
}

function nameOfPolicy({ policy }: RuleEntry): string {
  if (policy === null) return 'not known';
  return policy.kind === 'EnforcementPoint' ? 'default' : objectName(policy).replace(/^(?:Cluster)?EgressPolicy\//, '');
}

function ownerOf({ governance, policy }: RuleEntry): string {
  if (governance === null) return 'not known';
  return policy?.kind === 'EnforcementPoint' ? '-' : governance.owner || 'nobody';
}
