import { objectName, throughPorts } from '../../core/text/wording.ts';
import { type GroupEntry, type PointEntry, type RuleEntry } from '../report.ts';
import { cell, headerCell, markup, small, strong, tableHead, when, withTimes, type Html } from './html.ts';
import { heavyFlags, meshText } from './wording.ts';

type Groups = ReadonlyMap<string, number>;

const notKnown = markup`<span class="unknown">not known</span>`;
const none = markup`<em>none</em>`;
/** Workloads that a cell names; of destinations twice as many. */
const mostNamed = 4;

/**
 * One rule as a table body of its own, so that printing does not tear it apart.
 *
 * @param index of its point on the page
 * @param groups index of each of the point's groups, by id
 */
export function ruleRows(rule: RuleEntry, index: number, groups: Groups): Html {
  const { position, id, flags, live } = rule;
  const cells = [
    headerCell(position ?? '–', 'number'),
    cell('Who', who(rule, index, groups)),
    cell('May reach', reach(rule)),
    cell('Policy and reason', reasons(rule)),
    cell('Since when', times(rule)),
    cell('In force', state(rule)),
  ];
  const items = flags.map(({ code, message }) => {
    return markup`<li>${strong(heavyFlags.has(code) ? 'bad' : 'warn', code)} ${withTimes(message)}</li>`;
  });
  const flagRow = markup`<tr role="row" class="flags"><td role="cell" colspan="6"><ul>${items}</ul></td></tr>`;
  return markup`<tbody role="rowgroup" id="p${index}-${id}"${live.state === 'no' && markup` class="off"`}><tr role="row">${cells}</tr>${flags.length > 0 && flagRow}</tbody>\n`;
}

function who({ who: workloads, subject, addresses, sources }: RuleEntry, index: number, groups: Groups): Html {
  const first = (workloads ?? []).slice(0, mostNamed).map(({ namespace, workload, serviceAccount }) => {
    return markup`<strong>${namespace} ${workload}</strong>${small('as ', serviceAccount)}`;
  });
  const rest = (workloads?.length ?? 0) - first.length;
  const count = addresses === null ? 'addresses not known' : plural(addresses, 'address', 'addresses');
  const links = sources.map((source, at) => {
    const group = groups.get(source);
    const text = at === 0 ? count : `+ group ${at + 1}`;
    return markup`${at > 0 && ' '}${group === undefined ? text : markup`<a href="#p${index}-g${group}">${text}</a>`}`;
  });
  return markup`${first}${rest > 0 && small('and ', plural(rest, 'more workload', 'more workloads'))}<span class="subject">${subject || 'everybody'}</span>${small(links)}`;
}

function reach(rule: RuleEntry): Html {
  const { action, destination, service, log, profile } = rule;
  const places = [...destination.names, ...destination.networks];
  const listed = places.slice(0, mostNamed * 2).map((place) => markup`<span class="place">${place}</span>`);
  const rest = places.length - listed.length;
  return markup`<span class="action ${action.toLowerCase()}">${action}</span>${[
    destination.any ? markup`<strong>anywhere</strong>` : listed,
    rest > 0 && small('and ', rest, ' more'),
    markup`<span class="ports">${throughPorts(rule)}</span>`,
    service !== null && service !== '' && small('service ', service),
    log === true && small('logged'),
    profile !== null && profile !== '' && small('inspected: ', profile),
  ]}`;
}

function reasons({ policy, governance, changedBy, deviceRules, service }: RuleEntry): Html {
  if (policy === null) return notKnown;
  const place = [policy.field, `generation ${policy.generation}`, policy.tier, policy.uid && `uid ${policy.uid}`];
  const device = markup`<code>${deviceRules === null ? notKnown : deviceRules.join(', ') || 'none'}</code>`;
  const governed: readonly Term[] = [
    ['Owner', governance && own(governance.owner, governance.serviceOwner, service)],
    ['Why', governance && own(governance.justification, governance.serviceJustification, service)],
    ['Ticket', governance && own(governance.ticket, governance.serviceTicket, service)],
    ['Changed by', changedBy && markup`${changedBy.manager}, ${when(changedBy.at)}`],
  ];
  const about: readonly Term[] =
    policy.kind === 'EnforcementPoint' ? [['For', 'what no rule above matches']] : governed;
  return markup`<strong>${objectName(policy)}</strong>${[
    small(place.filter(Boolean).join(', ')),
    policy.via !== null && policy.via !== '' && small('handed down by ', policy.via),
    terms([...about, ['Device rule', device]]),
  ]}`;
}

/** What the policy says, and in parentheses what its service says. */
function own(policy: string, shared: string, service: string | null): Html {
  const both = markup`${policy || none}`;
  return service ? markup`${both} <span class="shared">(service: ${shared || none})</span>` : both;
}

function times({ since, changedAt, changeReason, verifiedAt, governance, flags }: RuleEntry): Html {
  const overdue = flags.some(({ code }) => code === 'review-overdue');
  const why = changeReason && markup` <span class="shared">(${changeReason.replaceAll('-', ' ')})</span>`;
  const { expiresAt = null, reviewBy = '' } = governance ?? {};
  return terms([
    ['Since', time(since)],
    ['Changed', markup`${time(changedAt)}${why}`],
    ['Verified', time(verifiedAt)],
    ...(expiresAt === '' ? [] : [['Expires', expiresAt && when(expiresAt)] as const]),
    ...(reviewBy === ''
      ? []
      : [['Review', markup`${reviewBy}${overdue && markup` ${strong('bad', 'overdue')}`}`] as const]),
  ]);
}

const states = {
  yes: strong('good', '✓ Yes'),
  no: strong('bad', '✗ No'),
  'not known': strong('warn', '? Not known'),
} as const;

function state({ live, hits, mesh }: RuleEntry): Html {
  const first = hits?.first != null && [', first ', when(hits.first)];
  const last = hits?.last != null && [', last ', when(hits.last)];
  return markup`${[
    states[live.state],
    small(withTimes(live.reason)),
    hits && small(plural(hits.count, 'hit', 'hits'), first, last),
    mesh && small('mesh: ', meshText(mesh)),
  ]}`;
}

/** Addresses that the page lists of one group. */
const mostListed = 2_000;

/** The addresses of each group, once for all rules that use it. */
export function* groupSection({ name, groups }: PointEntry, index: number): Iterable<Html> {
  if (groups.length === 0) return;
  const head = tableHead('groups', ['Group', '#Count', 'Addresses']);
  yield markup`<h3>Sources at ${name}</h3>\n${head}<tbody role="rowgroup">\n`;
  for (const [at, group] of groups.entries()) yield groupRow(group, `p${index}-g${at}`);
  yield markup`</tbody>\n</table>\n`;
}

function groupRow({ id, title, addresses, exact }: GroupEntry, anchor: string): Html {
  const rest = addresses.length - mostListed;
  const cells = [
    headerCell([title, small(markup`<code>${id}</code>`)]),
    cell('Count', addresses.length, 'number'),
    cell('Addresses', [
      markup`<span class="addresses">${addresses.slice(0, mostListed).join(' ') || none}</span>`,
      rest > 0 && markup` <em>and ${rest} more; JSON has all of them</em>`,
      !exact && markup` <em>and perhaps more than the record has room for</em>`,
    ]),
  ];
  return markup`<tr role="row" id="${anchor}">${cells}</tr>\n`;
}

/** Null: not known. */
function time(text: string | null): Html | null {
  if (text === null) return null;
  return text === '' ? markup`<em>not yet</em>` : when(text);
}

type Term = readonly [term: string, content: string | Html | null];

function terms(entries: readonly Term[]): Html {
  const rows = entries.map(([term, content]) => markup`<div><dt>${term}</dt><dd>${content ?? notKnown}</dd></div>`);
  return markup`<dl>${rows}</dl>`;
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
