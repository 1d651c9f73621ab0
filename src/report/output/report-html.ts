import { type FlagCode, type PointEntry, type RefusedEntry, type Report, type RuleEntry } from '../report.ts';
import { cell, headerCell, markup, pageHead, small, strong, tableHead, when, type Html } from './html.ts';
import { style } from './report-style.ts';
import { groupSection, ruleRows } from './rule-html.ts';
import { aboutDrift, aboutMaking, flagCounts } from './wording.ts';
import { counted, objectName } from '../../core/text/wording.ts';

/** One page without scripts that loads nothing: to be read, printed, mailed and kept. In pieces, rule by rule. */
export function* reportHtml(report: Report): Iterable<string> {
  for (const piece of pieces(report)) yield piece.toString();
}

function* pieces({ made, points, rules, problems, refused }: Report): Iterable<Html> {
  yield pageHead(`Egress rules as of ${made.about.slice(0, 16).replace('T', ' ')} UTC`, style);
  yield markup`<header>
<p class="eyebrow">Postern rule report</p>
<h1>Who may leave the cluster to where</h1>
<p class="lead">Every rule at every enforcement point as of ${when(made.about)} UTC: for which workloads, its owner, its reason, its beginning, and whether it is in force.</p>
</header>
<main>
`;
  yield points.length === 0 ? markup`<p>There is no enforcement point.</p>\n` : overview(points);
  if (problems.length > 0) yield problemList(problems);
  if (rules.length > 0) yield attention(points, rules);
  if (refused !== undefined) yield refusals(refused);
  const byPoint = new Map(points.map(({ name }) => [name, [] as RuleEntry[]]));
  for (const rule of rules) byPoint.get(rule.point)?.push(rule);
  for (const [index, point] of points.entries()) yield* section(point, index, byPoint.get(point.name) ?? []);
  yield markup`</main>
<footer>${aboutMaking(made)} Times are in UTC. “Not known” means that nothing this report was made from tells it.</footer>
</body>
</html>
`;
}

function overview(points: readonly PointEntry[]): Html {
  const rows = points.map((point, index) => {
    const { name, adapter, mode, version, rules, live, notLive, unknown, flagged, defaultAction } = point;
    const cells = [
      headerCell([
        markup`<a href="#p${index}">${name}</a>`,
        small(known(adapter, 'adapter'), ', ', known(version, 'version')),
      ]),
      cell('Mode', [known(mode), small('otherwise ', known(defaultAction))]),
      cell('Rules', rules, 'number'),
      cell('In force', live, 'number'),
      cell('Not in force', notLive === 0 ? 0 : strong('bad', notLive), 'number'),
      cell('Not known', unknown, 'number'),
      cell('To look at', flagged === 0 ? 0 : strong('warn', flagged), 'number'),
      cell('Device', sentence(aboutDrift(point))),
      cell('Record', record(point)),
    ];
    return markup`<tr role="row">${cells}</tr>\n`;
  });
  const titles = [
    'Point',
    'Mode',
    '#Rules',
    '#In force',
    '#Not in force',
    '#Not known',
    '#To look at',
    'Device',
    'Record',
  ];
  return markup`<section aria-labelledby="glance"><h2 id="glance">At a glance</h2>
${tableHead('glance', titles)}<tbody role="rowgroup">
${rows}</tbody>
</table></section>
`;
}

function record({ record: kept }: PointEntry): Html | string {
  if (kept === null || kept.records === 0) return 'Empty';
  const { records, from, to, hash, chain, faults, unsettled } = kept;
  const open = unsettled === 0 ? '' : `, ${unsettled} without an outcome`;
  const checked = {
    intact: '✓ chain intact',
    faulty: `✗ ${counted(faults, 'fault')} in the chain`,
    'not checked': 'chain not checked',
  };
  return markup`<span class="${chain === 'faulty' && 'bad'}">${counted(records, 'record')}${open}; ${checked[chain]}</span>${small(when(from), ' to ', when(to))}${small('ends in ', markup`<code class="hash">${hash}</code>`)}`;
}

function refusals(refused: readonly RefusedEntry[]): Html {
  const rows = refused.map(({ who, serviceAccount, to, by, times, first, last }) => {
    const cells = [
      headerCell([who, small(serviceAccount)]),
      cell('To', to || 'Not known'),
      cell('Times', times, 'number'),
      cell('Last', [when(last), small('first ', when(first))]),
      cell('Refused by', by),
    ];
    return markup`<tr role="row">${cells}</tr>\n`;
  });
  const titles = ['Who', 'To', '#Times', 'Last', 'Refused by'];
  return markup`<section aria-labelledby="refused"><h2 id="refused">What was refused, as the log says</h2>
${rows.length === 0 ? markup`<p>Nothing.</p>` : markup`${tableHead('refused', titles)}<tbody role="rowgroup">\n${rows}</tbody>\n</table>`}</section>
`;
}

function problemList(problems: Report['problems']): Html {
  const items = problems.map(({ severity, subject, field, message }) => {
    const kind = severity === 'error' ? 'bad' : 'warn';
    return markup`<li>${strong(kind, severity)} ${[subject, field].filter(Boolean).join(' ')}: ${message}</li>\n`;
  });
  return markup`<section aria-labelledby="problems"><h2 id="problems">Objects that could not be used</h2>
<ul>${items}</ul></section>
`;
}

const mostLinks = 24;

function attention(points: readonly PointEntry[], rules: readonly RuleEntry[]): Html {
  const counts = flagCounts(rules);
  if (counts.length === 0) return markup`<p class="good">✓ No findings.</p>\n`;
  const indexOf = new Map(points.map(({ name }, index) => [name, index]));
  const rows = counts.map(([code, count]) => {
    const linked = firstWith(code, rules).map((rule, at) => {
      const anchor = `p${indexOf.get(rule.point) ?? 0}-${rule.id}`;
      return markup`${at > 0 && ', '}<a href="#${anchor}">${label(rule, points.length > 1)}</a>`;
    });
    const more = count > linked.length && ` and ${count - linked.length} more`;
    const heading = headerCell([markup`<code>${code}</code>`, small(meanings[code])]);
    return markup`<tr role="row">${heading}${cell('Rules', count, 'number')}${cell('Which', [linked, more])}</tr>\n`;
  });
  return markup`<section aria-labelledby="attention"><h2 id="attention">To look at</h2>
${tableHead('attention', ['What', '#Rules', 'Which'])}<tbody role="rowgroup">
${rows}</tbody>
</table></section>
`;
}

function firstWith(code: FlagCode, rules: readonly RuleEntry[]): readonly RuleEntry[] {
  const found: RuleEntry[] = [];
  for (const rule of rules) {
    if (rule.flags.some((flag) => flag.code === code)) found.push(rule);
    if (found.length === mostLinks) break;
  }
  return found;
}

function label({ point, position, policy, id }: RuleEntry, many: boolean): string {
  const name = policy === null ? id : objectName(policy).replace(/^(?:Cluster)?EgressPolicy\//, '');
  return `${many ? `${point} ` : ''}#${position ?? '–'} ${name}`;
}

const ruleTitles = ['#', 'Who', 'May reach', 'Policy and reason', 'Since when', 'In force'];

function* section(point: PointEntry, index: number, rules: readonly RuleEntry[]): Iterable<Html> {
  yield markup`<section class="point" aria-labelledby="p${index}"><h2 id="p${index}">Rules of ${point.name}</h2>\n`;
  for (const assumed of point.assumes ?? []) yield markup`<p class="warn">${sentence(assumed)}.</p>\n`;
  if (rules.length === 0) yield markup`<p>It has no rule.</p>\n`;
  else {
    yield tableHead('rules', ruleTitles, 'In the order in which the point asks them: the first that matches decides.');
    const groups = new Map(point.groups.map((group, at) => [group.id, at]));
    for (const rule of rules) yield ruleRows(rule, index, groups);
    yield markup`</table>\n`;
  }
  yield* groupSection(point, index);
  yield markup`</section>\n`;
}

function known(value: string | null, what = ''): string {
  return value ?? `${what} not known`.trim();
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1).replace(/T(\d\d:\d\d):[\d.]+Z/, ' $1');
}

/** For readers who meet the code for the first time. */
const meanings: Readonly<Record<FlagCode, string>> = {
  'not-wanted': 'on the device, and no longer in the intent',
  'not-live': 'in the intent, and not in force',
  'insecure-service': 'a service that speaks in the clear',
  'any-destination': 'leads anywhere',
  'any-port': 'every protocol and port',
  'wide-network': 'more addresses than one service is likely to have',
  'over-grant': 'others behind the same addresses gain the same access',
  loss: 'the device cannot express it completely',
  expired: 'its expiry date has passed',
  'review-overdue': 'its review date has passed',
  'no-owner': 'no owner is named',
  'no-justification': 'no business need is given',
  'expiring-soon': 'expires within 14 days',
  'no-source': 'no pod matches it now',
  'never-hit': 'the device has counted no hit',
  'no-mesh-counterpart': 'nothing in the mesh corresponds to it',
};
