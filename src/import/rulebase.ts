import { maxOf } from '../core/model/extremes.ts';
import type { Imported, Written } from './importer.ts';
import { grouped } from '../core/model/grouped.ts';
import type { Pod } from '../core/model/snapshot.ts';
import type { TableRule } from '../core/model/table.ts';
import { isLive } from '../core/model/pods.ts';
import { familyOf } from '../net/address.ts';
import { everywhere, asNetwork } from '../net/cidr.ts';
import { canonicalName } from '../net/name.ts';
import { NetworkSet } from '../net/network-set.ts';
import { lost, type Document, type Outcome, type Remark } from './outcome.ts';
import { wholeProtocol, type Reach } from './reach.ts';
import { settled, type Names } from './settle.ts';
import { everybody, matchesNobody, subjectsOf, type Who } from './who.ts';
import { writeClusterPolicies } from './write.ts';

export interface Rulebase {
  /** Name of the enforcement point. */
  readonly point: string;
  /** Of others, in the order in which the device asks them. */
  readonly rules: readonly TableRule[];
  /** Those that the point covers. */
  readonly pods: readonly Pod[];
}

const first = 50;
const last = 950;

/**
 * Rules that are on a firewall already as policies of ours: ClusterEgressPolicies in the device's order, about the pods that have
 * the addresses now. Never more than the rules permit; what cannot be said of what denies, denies more.
 *
 * What denies stands in the Admin tier, where no namespace gets around it. What accepts stands in the Baseline tier, so that a
 * namespace's own Deny comes first, as it always does; where a Deny follows it, a Pass of the Admin tier keeps its place.
 */
export function policiesOf({ point, rules, pods }: Rulebase): Imported {
  // What another cluster permits is its own to keep; what it denies to an address of ours is denied all the same.
  const whole = merged(rules.filter(({ cluster, action }) => cluster === undefined || action === 'Deny'));
  const live = pods.filter((pod) => isLive(pod) && !pod.hostNetwork && pod.addresses.length > 0);
  const names: Names = new Map();
  let priority = first;
  const found = whole.map((rule, at) => {
    const document = documentOf(point, rule, at);
    const isDeniedLater = whole.slice(at + 1).some(({ action }) => action === 'Deny');
    const outcome = outcomeOf(document, rule, live, { priority, isDeniedLater });
    priority = Math.max(priority, maxOf(outcome.objects.flatMap(nextPriority)));
    return { document, ...settled(document, outcome, names) };
  });
  if (priority > last) return { objects: [], report: [{ ...tooMany, subject: `EnforcementPoint/${point}` }] };
  const report = found.flatMap(({ document: { subject }, remarks, objects: own }) => [
    ...remarks.map((remark) => ({ ...remark, subject })),
    ...own.map((object) => ({ ...carried(object), subject })),
  ]);
  return { objects: found.flatMap((one) => one.objects), report };
}

const tooMany = lost(
  '',
  'not-expressible',
  `there are more rules than places for them (${last - first}): take the point apart`,
);

function carried({ kind, metadata: { name } }: Written): Remark {
  return { effect: 'carried', severity: 'info', field: '', code: 'carried-over', message: `is ${kind}/${name} now` };
}

function nextPriority(object: Written): readonly number[] {
  return object.kind === 'ClusterEgressPolicy' ? [object.spec.priority + 1] : [];
}

/** A rule that a device reads once for each family stands here once. */
function merged(rules: readonly TableRule[]): readonly TableRule[] {
  const all: TableRule[] = [];
  for (const rule of rules) {
    const before = all.at(-1);
    if (before === undefined || !areOneRule(before, rule)) all.push(rule);
    else
      all[all.length - 1] = {
        ...before,
        sources: [...before.sources, ...rule.sources],
        destination: joined(before, rule),
      };
  }
  return all;
}

/** Joined, sources of either meet destinations of either: only those of two families never do. */
function areOneRule(a: TableRule, b: TableRule): boolean {
  const meaningOf = ({ name, action, doubt, inspected, ports, destination: { any, names } }: TableRule): string =>
    JSON.stringify([name, action, doubt, inspected, ports, any, names]);
  return meaningOf(a) === meaningOf(b) && isOf(4, a) && isOf(6, b);
}

function isOf(family: 4 | 6, { sources, destination: { networks } }: TableRule): boolean {
  return [...sources, ...networks].every((text) => familyOf(text) === family);
}

function joined({ destination: a }: TableRule, { destination: b }: TableRule): TableRule['destination'] {
  return { ...a, networks: [...a.networks, ...b.networks] };
}

function documentOf(point: string, { name }: TableRule, at: number): Document {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const own = `${point}-${at + 1}${slug === '' ? '' : `-${slug}`}`;
  return { input: at, kind: 'rule', namespace: '', name: own, subject: `rule ${name}`, value: {} };
}

interface Place {
  readonly priority: number;
  readonly isDeniedLater: boolean;
}

function outcomeOf(document: Document, rule: TableRule, pods: readonly Pod[], place: Place): Outcome {
  const { action, doubt } = rule;
  const unsure = action === 'Accept' ? unsureOf(rule) : undefined;
  if (unsure !== undefined) return { objects: [], remarks: [unsure] };
  const { who, isWhole } = action === 'Accept' ? within(rule, pods) : meeting(rule, pods);
  const { reach, remarks: ofReach } = reachOf(rule);
  const ports = portsOf(rule);
  const remarks = [
    ...ofReach,
    ...(ports.length > rule.ports.length ? [tcpAndUdp] : []),
    ...(action === 'Accept' && !isWhole ? [someOnly] : []),
    ...(action === 'Deny' && (!isWhole || doubt !== undefined) ? [deniesMore] : []),
  ];
  const chosen = who.filter((one) => !matchesNobody(one));
  if (chosen.length === 0 || reach === undefined)
    return { objects: [], remarks: [...remarks, ...(chosen.length === 0 && isWhole ? [noPods] : [])] };
  const objects = chosen.flatMap(subjectsOf).flatMap((subject, at) => {
    const [name, priority] = [at === 0 ? document.name : `${document.name}-${at + 1}`, place.priority + at];
    return standing(action, place).flatMap(({ tier, as, suffix }) => {
      const egress = [{ action: as, reach: [{ ...reach, ports }] }];
      return writeClusterPolicies(document, `${name}${suffix}`, { tier, priority, subject, egress });
    });
  });
  return { objects, remarks: [...remarks, byAddress] };
}

interface Standing {
  readonly tier: 'Admin' | 'Baseline';
  readonly as: 'Accept' | 'Deny' | 'Pass';
  readonly suffix: string;
}

function standing(action: TableRule['action'], { isDeniedLater }: Place): readonly Standing[] {
  if (action === 'Deny') return [{ tier: 'Admin', as: 'Deny', suffix: '' }];
  const accept = { tier: 'Baseline', as: 'Accept', suffix: '' } as const;
  return isDeniedLater ? [{ tier: 'Admin', as: 'Pass', suffix: '-pass' }, accept] : [accept];
}

/** What a rule above denies of ICMP or SCTP is not in the table: what permits every protocol permits TCP and UDP. */
function portsOf({ action, ports }: TableRule): Reach['ports'] {
  return action === 'Accept' && ports.length === 0 ? [wholeProtocol('TCP'), wholeProtocol('UDP')] : ports;
}

/** Why the device may permit less than it says. */
function unsureOf({ doubt, inspected }: TableRule): Remark | undefined {
  if (doubt !== undefined)
    return lost('', 'rule-not-known', `Postern cannot evaluate all of its conditions (${doubt}): not carried over`);
  if (inspected === undefined) return undefined;
  return lost(
    '',
    'rule-inspects',
    `what it permits may still be stopped by ${inspected}: not carried over; write a policy for what is to pass`,
  );
}

const noPods: Remark = {
  effect: 'lost',
  severity: 'info',
  field: '',
  code: 'within-the-cluster',
  message: 'matches no current pod: leave it where it is',
};
const tcpAndUdp: Remark = {
  effect: 'changed',
  severity: 'warning',
  field: '',
  code: 'tcp-and-udp',
  message: 'permits every protocol; here TCP and UDP',
};
const byAddress: Remark = {
  effect: 'changed',
  severity: 'warning',
  field: '',
  code: 'by-address',
  message: 'matches addresses; the policy follows the pods that have these addresses now',
};
const someOnly = lost(
  '',
  'selector-not-expressible',
  'it contains the addresses of only some pods of a ServiceAccount: not carried over for that ServiceAccount',
);
const deniesMore: Remark = {
  effect: 'changed',
  severity: 'warning',
  field: '',
  code: 'denies-more',
  message: 'what it denies cannot be expressed exactly: the policy denies more',
};

/** Where a rule leads to. A name can only be permitted: what denies one denies everything through these ports. */
function reachOf({ action, destination: { any, names, networks } }: TableRule): {
  reach?: Omit<Reach, 'ports'>;
  remarks: readonly Remark[];
} {
  if (any) return { reach: { networks: everywhere }, remarks: [] };
  if (action === 'Deny') {
    if (names.length > 0) return { reach: { networks: everywhere }, remarks: [deniesMore] };
    return networks.length === 0 ? { remarks: [] } : { reach: { networks }, remarks: [] };
  }
  const known = names.filter((name) => !name.includes('*') && canonicalName(name) === name);
  const remarks =
    known.length < names.length
      ? [lost('', 'pattern-not-expressible', '* has another meaning there than in Postern: write the names')]
      : [];
  return known.length + networks.length === 0 ? { remarks } : { reach: { domainNames: known, networks }, remarks };
}

interface Chosen {
  readonly who: readonly Who[];
  /** Exactly these pods, now. */
  readonly isWhole: boolean;
}

/** Namespaces, and ServiceAccounts of the others, all of whose pods have addresses of the rule alone. */
function within({ sources }: TableRule, pods: readonly Pod[]): Chosen {
  const from = NetworkSet.of(sources.map(asNetwork));
  return chosen(
    pods,
    ({ addresses }) => addresses.every((address) => from.contains(address)),
    (own, inside) => own.every(inside),
  );
}

/** Namespaces and ServiceAccounts of which some pod has an address of the rule. */
function meeting({ sources }: TableRule, pods: readonly Pod[]): Chosen {
  // A source that the device knows by other means than an address.
  if (sources.length === 0) return { who: [everybody], isWhole: false };
  const from = NetworkSet.of(sources.map(asNetwork));
  return chosen(
    pods,
    ({ addresses }) => addresses.some((address) => from.contains(address)),
    (own, inside) => own.some(inside),
  );
}

function chosen(
  pods: readonly Pod[],
  inside: (pod: Pod) => boolean,
  takes: (own: readonly Pod[], inside: (pod: Pod) => boolean) => boolean,
): Chosen {
  const spaces = grouped(pods.map((pod) => [pod.namespace, pod] as const));
  const whole = [...spaces].filter(([, own]) => own.every(inside)).map(([name]) => name);
  const rest = pods.filter(({ namespace }) => !whole.includes(namespace));
  const accounts = grouped(rest.map((pod) => [`${pod.namespace}/${pod.serviceAccount}`, pod] as const));
  const some = [...accounts].filter(([, own]) => takes(own, inside));
  const taken = some.flatMap(([, own]) => own);
  const isWhole = rest.filter(inside).every((pod) => taken.includes(pod)) && taken.every(inside);
  return { who: [{ namespaces: whole, inverted: false }, { accounts: some.map(([name]) => name) }], isWhole };
}
