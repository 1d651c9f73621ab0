import { escapeHtml } from './html.ts';
import { groupSection, ruleRows, when } from './rule-html.ts';
import { style } from './report-style.ts';
import { aboutDrift, aboutMaking, flagCounts } from './wording.ts';
import { policyName, type FlagCode, type Made, type PointEntry, type Report, type RuleEntry } from '../report.ts';

/** One page that needs nothing else: to be read, printed, mailed and kept. No scripts. In pieces, rule by rule. */
export function* reportHtml(report: Report): Iterable<string> {
  const { made, points, rules, problems } = report;
  yield head(made);
  yield glance(points);
  if (problems.length > 0) yield troubles(report);
  yield attention(points, rules);
  const byPoint = new Map(points.map(({ name }) => [name, [] as RuleEntry[]]));
  for (const rule of rules) byPoint.get(rule.point)?.push(rule);
  for (const [index, point] of points.entries()) yield* section(point, index, byPoint.get(point.name) ?? []);
  yield `</main>\n<footer>${escapeHtml(aboutMaking(made))} Times are in UTC. “Not known” means that nothing this report was made from tells it.</footer>\n</body>\n</html>\n`;
}

function head(made: Made): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Egress rules as of ${escapeHtml(made.about.slice(0, 16).replace('T', ' '))} UTC</title>
<style>${style}</style>
</head>
<body>
<header>
<p class="eyebrow">Postern rule report</p>
<h1>Who may leave the cluster to where</h1>
<p class="lead">Every rule at every enforcement point as of ${when(made.about)} UTC: for whom, by whose word, why, since when, and whether it is in force.</p>
</header>
<main>
`;
}

function glance(points: readonly PointEntry[]): string {
  if (points.length === 0) return '<p>There is no enforcement point.</p>\n';
  const rows = points.map((point, index) => {
    const { name, adapter, mode, version, rules, live, notLive, unknown, flagged, defaultAction } = point;
    const cells = [
      `<th role="rowheader" scope="row"><a href="#p${index}">${escapeHtml(name)}</a><small>${known(adapter, 'adapter')}, ${known(version, 'version')}</small></th>`,
      cell('Mode', `${known(mode, '')}<small>otherwise ${known(defaultAction, '')}</small>`),
      cell('Rules', `${rules}`, 'number'),
      cell('In force', `${live}`, 'number'),
      cell('Not in force', bad(notLive), 'number'),
      cell('Not known', `${unknown}`, 'number'),
      cell('To look at', warn(flagged), 'number'),
      cell('Device', escapeHtml(sentence(aboutDrift(point)))),
      cell('Record', record(point)),
    ];
    return `<tr role="row">${cells.join('')}</tr>`;
  });
  const titles = ['Point', 'Mode', 'Rules', 'In force', 'Not in force', 'Not known', 'To look at', 'Device', 'Record'];
  return `<section aria-labelledby="glance"><h2 id="glance">At a glance</h2>
<table role="table" class="glance">
<thead role="rowgroup"><tr role="row">${titles.map((title, at) => `<th role="columnheader" scope="col"${at > 1 && at < 7 ? ' class="number"' : ''}>${title}</th>`).join('')}</tr></thead>
<tbody role="rowgroup">
${rows.join('\n')}
</tbody>
</table></section>
`;
}

function record({ record: kept }: PointEntry): string {
  if (kept === null || kept.records === 0) return 'Nothing is on record';
  const { records, from, to, hash, chain, faults, unsettled } = kept;
  const words = {
    intact: '✓ chain intact',
    faulty: `✗ ${faults} faults in the chain`,
    'not checked': 'chain not checked',
  };
  const open = unsettled === 0 ? '' : `, ${unsettled} without an outcome`;
  return `<span class="${chain === 'faulty' ? 'bad' : ''}">${records} records${open}; ${words[chain]}</span><small>${when(from)} to ${when(to)}</small><small>ends in <code class="hash">${escapeHtml(hash)}</code></small>`;
}

function troubles({ problems }: Report): string {
  const items = problems.map(({ severity, subject, field, message }) => {
    return `<li><strong class="${severity === 'error' ? 'bad' : 'warn'}">${severity}</strong> ${escapeHtml([subject, field].filter(Boolean).join(' '))}: ${escapeHtml(message)}</li>`;
  });
  return `<section aria-labelledby="problems"><h2 id="problems">What could not be used as it stands</h2>\n<ul>${items.join('\n')}</ul></section>\n`;
}

const mostLinks = 24;

function attention(points: readonly PointEntry[], rules: readonly RuleEntry[]): string {
  const counts = flagCounts(rules);
  if (counts.length === 0) return rules.length === 0 ? '' : '<p class="good">✓ There is nothing to look at.</p>\n';
  const at = new Map(points.map(({ name }, index) => [name, index]));
  const rows = counts.map(([code, count]) => {
    const own: RuleEntry[] = [];
    for (const rule of rules)
      if (own.length < mostLinks && rule.flags.some((flag) => flag.code === code)) own.push(rule);
    const links = own.map(
      (rule) => `<a href="#p${at.get(rule.point) ?? 0}-${rule.id}">${escapeHtml(label(rule, points.length > 1))}</a>`,
    );
    const more = count > own.length ? ` and ${count - own.length} more` : '';
    return `<tr role="row"><th role="rowheader" scope="row"><code>${code}</code><small>${meanings[code]}</small></th>${cell('Rules', `${count}`, 'number')}${cell('Which', links.join(', ') + more)}</tr>`;
  });
  return `<section aria-labelledby="attention"><h2 id="attention">To look at</h2>
<table role="table" class="attention">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">What</th><th role="columnheader" scope="col" class="number">Rules</th><th role="columnheader" scope="col">Which</th></tr></thead>
<tbody role="rowgroup">
${rows.join('\n')}
</tbody>
</table></section>
`;
}

function label({ point, position, policy, id }: RuleEntry, many: boolean): string {
  const name = policy === null ? id : policyName(policy).replace(/^(?:Cluster)?EgressPolicy\//, '');
  return `${many ? `${point} ` : ''}#${position ?? '–'} ${name}`;
}

function* section(point: PointEntry, index: number, rules: readonly RuleEntry[]): Iterable<string> {
  const { name, groups } = point;
  yield `<section class="point" aria-labelledby="p${index}"><h2 id="p${index}">Rules of ${escapeHtml(name)}</h2>\n`;
  if (rules.length === 0) yield '<p>It has no rule.</p>\n';
  else {
    yield `<table role="table" class="rules">
<caption>In the order in which the point asks them: the first that matches decides.</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col" class="number">#</th><th role="columnheader" scope="col">Who</th><th role="columnheader" scope="col">May reach</th><th role="columnheader" scope="col">Policy and reason</th><th role="columnheader" scope="col">Since when</th><th role="columnheader" scope="col">In force</th></tr></thead>
`;
    const titles = new Map(groups.map((group, at) => [group.id, at]));
    for (const rule of rules) yield ruleRows(rule, index, titles);
    yield '</table>\n';
  }
  yield* groupSection(point, index);
  yield '</section>\n';
}

function cell(title: string, html: string, kind = ''): string {
  return `<td role="cell" data-label="${title}"${kind === '' ? '' : ` class="${kind}"`}>${html}</td>`;
}

function known(value: string | null, what: string): string {
  return value === null ? `${what} not known`.trim() : escapeHtml(value);
}

function bad(count: number): string {
  return count === 0 ? '0' : `<strong class="bad">${count}</strong>`;
}

function warn(count: number): string {
  return count === 0 ? '0' : `<strong class="warn">${count}</strong>`;
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1).replace(/T(\d\d:\d\d):[\d.]+Z/, ' $1');
}

/** For whoever reads the word for the first time. */
const meanings: Readonly<Record<FlagCode, string>> = {
  'not-wanted': 'on the device, and not in the intent any more',
  'not-live': 'wanted, and not in force',
  'insecure-service': 'a service that speaks in the clear',
  'any-destination': 'leads anywhere',
  'any-port': 'every protocol and port',
  'wide-network': 'more addresses than one service is likely to have',
  'over-grant': 'others behind the same addresses gain the same access',
  loss: 'the device cannot express all of it',
  expired: 'its time is over',
  'review-overdue': 'somebody was to look at it again',
  'no-owner': 'nobody is named who answers for it',
  'no-justification': 'no business need is given',
  'expiring-soon': 'ends within 14 days',
  'no-source': 'lets nobody through now',
  'never-hit': 'the device has not counted a single hit',
  'no-mesh-counterpart': 'nothing in the mesh corresponds to it',
};
