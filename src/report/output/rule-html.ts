import { throughPorts } from '../../core/model/wording.ts';
import { escapeHtml } from './html.ts';
import { meshText } from './report-data.ts';
import { policyName, type Flag, type GroupEntry, type PointEntry, type RuleEntry } from '../report.ts';

const notKnown = '<span class="unknown">not known</span>';

/**
 * One rule as a body of a table of its own, so that it is not torn apart between pages.
 *
 * @param index of its point on the page
 * @param groups index of each of the point's groups, by id
 */
export function ruleRows(rule: RuleEntry, index: number, groups: ReadonlyMap<string, number>): string {
  const { position, id, flags, live } = rule;
  const cells = [
    `<th role="rowheader" scope="row" class="number">${position ?? '–'}</th>`,
    cell('Who', who(rule, index, groups)),
    cell('May reach', reach(rule)),
    cell('Policy and reason', word(rule)),
    cell('Since when', times(rule)),
    cell('In force', state(rule)),
  ];
  const looks =
    flags.length === 0 ? '' : `<tr role="row" class="flags"><td role="cell" colspan="6">${flagList(flags)}</td></tr>`;
  return `<tbody role="rowgroup" id="p${index}-${escapeHtml(id)}"${live.state === 'no' ? ' class="off"' : ''}><tr role="row">${cells.join('')}</tr>${looks}</tbody>\n`;
}

const shown = 4;

function who(
  { who: workloads, subject, addresses, sources }: RuleEntry,
  index: number,
  groups: ReadonlyMap<string, number>,
): string {
  const first = (workloads ?? []).slice(0, shown).map(({ namespace, workload, serviceAccount }) => {
    return `<strong>${escapeHtml(`${namespace} ${workload}`)}</strong><small>as ${escapeHtml(serviceAccount)}</small>`;
  });
  const rest = (workloads?.length ?? 0) - first.length;
  const links = sources.map((source, at) => {
    const group = groups.get(source);
    const text =
      at === 0
        ? addresses === null
          ? 'addresses not known'
          : plural(addresses, 'address', 'addresses')
        : `+ group ${at + 1}`;
    return group === undefined ? text : `<a href="#p${index}-g${group}">${text}</a>`;
  });
  return [
    ...first,
    ...(rest > 0 ? [`<small>and ${plural(rest, 'more workload', 'more workloads')}</small>`] : []),
    `<span class="subject">${escapeHtml(subject === '' ? 'everybody' : subject)}</span>`,
    `<small>${links.join(' ')}</small>`,
  ].join('');
}

function reach(rule: RuleEntry): string {
  const { action, destination, service, log, profile } = rule;
  const places = [...destination.names, ...destination.networks];
  const list = destination.any ? '<strong>anywhere</strong>' : places.slice(0, shown * 2).map((place) => `<span class="place">${escapeHtml(place)}</span>`).join(''); // prettier-ignore
  const rest = places.length - shown * 2;
  return [
    `<span class="action ${action.toLowerCase()}">${action}</span>`,
    list,
    ...(rest > 0 ? [`<small>and ${rest} more</small>`] : []),
    `<span class="ports">${escapeHtml(throughPorts(rule))}</span>`,
    ...(service ? [`<small>service ${escapeHtml(service)}</small>`] : []),
    ...(log === true ? ['<small>logged</small>'] : []),
    ...(profile ? [`<small>inspected: ${escapeHtml(profile)}</small>`] : []),
  ].join('');
}

function word({ policy, governance, changedBy, deviceRules, service }: RuleEntry): string {
  if (policy === null) return notKnown;
  const named = `<strong>${escapeHtml(policyName(policy))}</strong>`;
  const place = [policy.field, `generation ${policy.generation}`, policy.tier ?? '', policy.uid && `uid ${policy.uid}`];
  const device = deviceRules === null ? notKnown : escapeHtml(deviceRules.join(', ') || 'none');
  const about: (readonly [string, string])[] =
    policy.kind === 'EnforcementPoint'
      ? [['For', 'what no rule above matches']]
      : [
          ['Owner', governance === null ? notKnown : told(governance.owner, governance.serviceOwner, service)],
          [
            'Why',
            governance === null ? notKnown : told(governance.justification, governance.serviceJustification, service),
          ],
          ['Ticket', governance === null ? notKnown : told(governance.ticket, governance.serviceTicket, service)],
          ['Changed by', changedBy === null ? notKnown : `${escapeHtml(changedBy.manager)}, ${when(changedBy.at)}`],
        ];
  return [
    named,
    `<small>${escapeHtml(place.filter(Boolean).join(', '))}</small>`,
    ...(policy.via ? [`<small>handed down by ${escapeHtml(policy.via)}</small>`] : []),
    list([...about, ['Device rule', `<code>${device}</code>`]]),
  ].join('');
}

/** What the policy says, and in parentheses what the service says, where there is one. */
function told(own: string, shared: string, service: string | null): string {
  const first = own === '' ? '<em>none</em>' : escapeHtml(own);
  return service
    ? `${first} <span class="shared">(service: ${shared === '' ? '<em>none</em>' : escapeHtml(shared)})</span>`
    : first;
}

function times({ since, changedAt, changeReason, verifiedAt, governance, flags }: RuleEntry): string {
  const overdue = flags.some(({ code }) => code === 'review-overdue');
  const changed = changeReason
    ? `${time(changedAt)} <span class="shared">(${escapeHtml(changeReason.replaceAll('-', ' '))})</span>`
    : time(changedAt);
  return list([
    ['Since', time(since)],
    ['Changed', changed],
    ['Verified', time(verifiedAt)],
    ...(governance === null
      ? ([['Expires', notKnown]] as const)
      : governance.expiresAt === ''
        ? []
        : ([['Expires', when(governance.expiresAt)]] as const)),
    ...(governance?.reviewBy
      ? ([
          ['Review', `${escapeHtml(governance.reviewBy)}${overdue ? ' <strong class="bad">overdue</strong>' : ''}`],
        ] as const)
      : []),
  ]);
}

const states = {
  yes: '<strong class="good">✓ Yes</strong>',
  no: '<strong class="bad">✗ No</strong>',
  'not known': '<strong class="warn">? Not known</strong>',
} as const;

function state({ live, hits, mesh }: RuleEntry): string {
  const counted = hits && [
    `<small>${plural(hits.count, 'hit', 'hits')}${hits.first === null ? '' : `, first ${when(hits.first)}`}${hits.last === null ? '' : `, last ${when(hits.last)}`}</small>`,
  ];
  return [
    states[live.state],
    `<small>${escapeHtml(live.reason).replaceAll(instant, (text) => when(text))}</small>`,
    ...(counted ?? []),
    ...(mesh === null ? [] : [`<small>mesh: ${escapeHtml(meshText(mesh))}</small>`]),
  ].join('');
}

const heavy: ReadonlySet<string> = new Set(['not-wanted', 'not-live', 'insecure-service', 'any-destination']);

function flagList(flags: readonly Flag[]): string {
  const items = flags.map(({ code, message }) => {
    return `<li><strong class="${heavy.has(code) ? 'bad' : 'warn'}">${code}</strong> ${escapeHtml(message).replaceAll(instant, (text) => when(text))}</li>`;
  });
  return `<ul>${items.join('')}</ul>`;
}

const mostListed = 2_000;

/** Who is behind the addresses: once for all rules that have them. */
export function* groupSection({ name, groups }: PointEntry, index: number): Iterable<string> {
  if (groups.length === 0) return;
  yield `<h3>Sources at ${escapeHtml(name)}</h3>
<table role="table" class="groups">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Group</th><th role="columnheader" scope="col" class="number">Count</th><th role="columnheader" scope="col">Addresses</th></tr></thead>
<tbody role="rowgroup">
`;
  for (const [at, group] of groups.entries()) yield groupRow(group, `p${index}-g${at}`);
  yield '</tbody>\n</table>\n';
}

function groupRow({ id, title, addresses, exact }: GroupEntry, anchor: string): string {
  const rest = addresses.length - mostListed;
  const listed = addresses.slice(0, mostListed).map(escapeHtml).join(' ');
  const more = rest > 0 ? ` <em>and ${rest} more; JSON has all of them</em>` : '';
  const doubt = exact ? '' : ' <em>and perhaps more than the record has room for</em>';
  return `<tr role="row" id="${anchor}"><th role="rowheader" scope="row">${escapeHtml(title)}<small><code>${escapeHtml(id)}</code></small></th>${cell('Count', `${addresses.length}`, 'number')}${cell('Addresses', `<span class="addresses">${listed || '<em>none</em>'}</span>${more}${doubt}`)}</tr>\n`;
}

const instant = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** `2026-01-31 12:00`, the exact time behind it. */
export function when(text: string): string {
  return `<time datetime="${escapeHtml(text)}">${escapeHtml(text.slice(0, 16).replace('T', ' '))}</time>`;
}

function time(text: string | null): string {
  if (text === null) return notKnown;
  return text === '' ? '<em>not yet</em>' : when(text);
}

function list(entries: readonly (readonly [string, string])[]): string {
  return `<dl>${entries.map(([term, html]) => `<div><dt>${term}</dt><dd>${html}</dd></div>`).join('')}</dl>`;
}

function cell(title: string, html: string, kind = ''): string {
  return `<td role="cell" data-label="${title}"${kind === '' ? '' : ` class="${kind}"`}>${html}</td>`;
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
