import { firstFew, objectName, throughPorts } from '../../core/text/wording.ts';
import { csvLine } from './csv.ts';
import { jsonArray } from './json.ts';
import { meshText } from './wording.ts';
import { type Report, type RuleEntry } from '../report.ts';

/** The whole report, a rule on a line. In pieces, because that of a large cluster may exceed the longest JavaScript string. */
export function* reportJson({ made, points, rules, problems, refused }: Report): Iterable<string> {
  yield `{\n"made": ${JSON.stringify(made)},\n"points": `;
  yield* jsonArray(points);
  yield ',\n"rules": ';
  yield* jsonArray(rules);
  yield ',\n"problems": ';
  yield* jsonArray(problems);
  if (refused !== undefined) {
    yield ',\n"refused": ';
    yield* jsonArray(refused);
  }
  yield '\n}\n';
}

type Cell = string | number;

/** An empty cell means none. */
const notKnown = 'not known';

/** The columns in their order, which is stable; new ones come last. */
const columns: Readonly<Record<string, (rule: RuleEntry, sources: Sources) => Cell>> = {
  point: ({ point }) => point,
  position: ({ position }) => position ?? notKnown,
  rule: ({ id }) => id,
  deviceRule: ({ deviceRules }) => deviceRules?.join(' ') ?? notKnown,
  action: ({ action }) => action,
  subject: ({ subject }) => subject,
  namespaces: ({ who }) => few(who?.map(({ namespace }) => namespace)),
  workloads: ({ who }) => few(who?.map(({ namespace, workload }) => `${namespace}/${workload}`)),
  serviceAccounts: ({ who }) => few(who?.map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`)),
  sourceCount: ({ addresses }) => addresses ?? notKnown,
  sources: (rule, sources) => sources(rule),
  destinations: ({ destination: { any, names, networks } }) => (any ? 'any' : [...names, ...networks].join(' ')),
  ports: (rule) => throughPorts(rule),
  policy: ({ policy }) => (policy === null ? notKnown : objectName(policy)),
  uid: ({ policy }) => policy?.uid ?? notKnown,
  generation: ({ policy }) => policy?.generation ?? notKnown,
  field: ({ policy }) => policy?.field ?? notKnown,
  tier: ({ policy }) => policy?.tier ?? notKnown,
  via: ({ policy }) => policy?.via ?? notKnown,
  externalService: ({ service }) => service ?? notKnown,
  owner: ({ governance }) => governance?.owner ?? notKnown,
  justification: ({ governance }) => governance?.justification ?? notKnown,
  ticket: ({ governance }) => governance?.ticket ?? notKnown,
  serviceOwner: ({ governance }) => governance?.serviceOwner ?? notKnown,
  serviceJustification: ({ governance }) => governance?.serviceJustification ?? notKnown,
  serviceTicket: ({ governance }) => governance?.serviceTicket ?? notKnown,
  changedBy: ({ changedBy }) => changedBy?.manager ?? notKnown,
  changedByAt: ({ changedBy }) => changedBy?.at ?? notKnown,
  since: ({ since }) => since ?? notKnown,
  changedAt: ({ changedAt }) => changedAt ?? notKnown,
  changeReason: ({ changeReason }) => changeReason ?? notKnown,
  verifiedAt: ({ verifiedAt }) => verifiedAt ?? notKnown,
  live: ({ live }) => live.state,
  liveReason: ({ live }) => live.reason,
  expiresAt: ({ governance }) => governance?.expiresAt ?? notKnown,
  reviewBy: ({ governance }) => governance?.reviewBy ?? notKnown,
  reviewOverdue: ({ governance, flags }) =>
    governance === null ? notKnown : flags.some(({ code }) => code === 'review-overdue') ? 'yes' : 'no',
  log: ({ log }) => (log === null ? notKnown : log ? 'yes' : 'no'),
  profile: ({ profile }) => profile ?? notKnown,
  hits: ({ hits }) => hits?.count ?? notKnown,
  firstHit: ({ hits }) => hits?.first ?? notKnown,
  lastHit: ({ hits }) => hits?.last ?? notKnown,
  mesh: ({ mesh }) => meshText(mesh),
  losses: ({ losses }) => losses.map(({ code, message }) => `${code}: ${message}`).join('; '),
  flags: ({ flags }) => flags.map(({ code }) => code).join(' '),
  attention: ({ flags }) => flags.map(({ message }) => message).join('; '),
};

type Sources = (rule: RuleEntry) => string;

/** With a header. Long lists are cut to fit a spreadsheet's cell; JSON has all of them. */
export function* reportCsv({ points, rules }: Report): Iterable<string> {
  const groups = new Map(points.flatMap(({ name, groups: own }) => own.map((group) => [`${name} ${group.id}`, group])));
  const sources: Sources = ({ point, sources: ids, addresses }) => {
    if (addresses === null) return notKnown;
    return few(ids.flatMap((id) => groups.get(`${point} ${id}`)?.addresses ?? []));
  };
  yield csvLine(Object.keys(columns));
  for (const rule of rules) yield csvLine(Object.values(columns).map((cell) => cell(rule, sources)));
}

const mostListed = 200;

function few(values: readonly string[] | undefined): string {
  return values === undefined ? notKnown : firstFew([...new Set(values)], mostListed, ' ');
}
