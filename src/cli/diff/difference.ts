import type { Problem } from '../../api/problem.ts';
import { counted, firstFew } from '../../core/text/wording.ts';
import type { Decision, FlowChange, Who } from '../../diff/flow-changes.ts';
import type { Layer } from '../../diff/layers.ts';
import type { PointCost } from '../../inspect/diff/costs.ts';
import type { TwoWorlds } from '../../inspect/diff/worlds.ts';

/** Everything that there is to print of a diff. */
export interface Difference extends Pick<TwoWorlds, 'workloadsFrom' | 'locate'> {
  /** Of two moments on record: which they are, and what is not known of them, a sentence each. */
  readonly moments?: { readonly from: string; readonly to: string; readonly doubts: readonly string[] };
  readonly changes: readonly FlowChange[];
  readonly points: readonly PointCost[];
  readonly problems: readonly Problem[];
  /** The points that see to a flow out of a namespace. */
  readonly layersOf: (change: FlowChange, namespace: string) => readonly Layer[];
}

/** What is told of, in this order. */
const sections = [
  { change: 'opened', title: 'Opens' },
  { change: 'closed', title: 'Closes' },
  { change: 'moved', title: 'Decided by another policy' },
  { change: 'unknown', title: 'Not known at one of the two moments' },
] as const;

export interface Section {
  readonly change: FlowChange['change'];
  readonly title: string;
  /** How many flows: of one workload to one destination and port. */
  readonly flows: number;
  readonly changes: readonly FlowChange[];
}

/** The kinds of change that there are, what opens first. */
export function sectionsOf({ changes }: Pick<Difference, 'changes'>): readonly Section[] {
  return sections.flatMap(({ change, title }) => {
    const own = changes.filter((one) => one.change === change);
    return own.length === 0 ? [] : [{ change, title, flows: flowsIn(own, change), changes: own }];
  });
}

/** Flows as people count them: of one workload to one destination and port. */
function flowsIn(changes: readonly FlowChange[], change: FlowChange['change']): number {
  return changes.reduce((sum, one) => sum + (one.change === change ? one.workloads.length : 0), 0);
}

/** `stripe 443/TCP`, with what of it where that is less than its name says. */
export function flowText({ destination, port, protocol, targets }: FlowChange): string {
  const only = targets.length === 1 && targets[0] === destination ? '' : ` (${firstFew(targets, shownTargets)})`;
  const through = port === 'any' ? (protocol === 'any' ? 'any port' : `any ${protocol}`) : `${port}/${protocol}`;
  return `${destination}${only} ${through}`;
}

const shownTargets = 3;

/** `shop/Deployment/web`, with its ServiceAccount where it has one of its own. */
export function workloadText({ cluster, namespace, workload, serviceAccount }: Who): string {
  return `${cluster === undefined ? '' : `${cluster}/`}${namespace}/${workload}${serviceAccount === 'default' ? '' : ` (${serviceAccount})`}`;
}

/** The first workloads of a change, and how many more there are. */
export function workloadsText({ workloads }: FlowChange, shown: number): string {
  return firstFew(workloads.map(workloadText), shown);
}

/** `by EgressPolicy/shop/web`, `no longer by EgressPolicy/shop/web`, `by ... instead of ...`. */
export function decidedBy({ change, before, after }: FlowChange): string {
  if (change === 'unknown') return `${verdictText(before)}, then ${verdictText(after)}`;
  if (change === 'moved') return `by ${decider(after)} instead of ${decider(before)}`;
  if (change === 'opened') return `by ${decider(after)}${after?.partial ? ', for some of its pods' : ''}`;
  return after?.policy == null ? `no longer by ${decider(before)}` : `by ${decider(after)}`;
}

function verdictText(decision: Decision | null): string {
  return decision === null ? 'not there' : decision.unknown ? 'not known' : decision.verdict;
}

function decider(decision: Decision | null): string {
  return decision?.policy ?? 'the default';
}

/** `edge (fortigate), mesh (istio; not enforced: it only observes)`, of all namespaces concerned. */
export function layersText({ layersOf }: Pick<Difference, 'layersOf'>, change: FlowChange): string {
  const namespaces = new Set(change.workloads.map(({ namespace }) => namespace));
  const texts = [...namespaces].flatMap((namespace) => layersOf(change, namespace)).map(layerText);
  return texts.length === 0 ? 'no enforcement point' : [...new Set(texts)].sort().join(', ');
}

function layerText({ point, adapter, enforces, reason }: Layer): string {
  const words = { yes: '', partly: `; in part: ${reason}`, no: `; not enforced: ${reason}` };
  return `${point} (${adapter}${words[enforces]})`;
}

/** `3 changes in 2 native calls, in force after about 2 s; 14 objects, 12 before`. */
export function costText({
  point,
  changes,
  nativeCalls,
  settleSeconds,
  objects,
  objectsBefore,
  largestGroup,
}: PointCost): string {
  if (point === 'removed')
    return `no longer a point: its device keeps ${counted(objects, 'object')} until \`postern withdraw\``;
  const before = point === 'added' ? 'a new point' : `${objectsBefore} before`;
  const { members, max } = largestGroup;
  const group =
    members === 0 || max === null ? '' : `, the largest group with ${members} of ${max} addresses that one holds`;
  const held = `${counted(objects, 'object')}, ${before}${group}`;
  if (changes.length === 0) return `nothing to do; ${held}`;
  const seconds = settleSeconds >= 60 ? `${Math.round(settleSeconds / 60)} min` : `${settleSeconds} s`;
  const settled = settleSeconds === 0 ? 'at once' : `after about ${seconds}`;
  return `${counted(changes.length, 'change')} in ${counted(nativeCalls, 'native call')}, in force ${settled}; ${held}`;
}

/** What the device cannot express then, and what of it would be held back. */
export function objectionsText({ losses, guard }: PointCost): readonly string[] {
  const lost = losses.map(({ effect, message }) => `${effect}: ${message}`);
  return [...new Set([...lost, ...guard.map(({ message }) => `held: ${message}`)])];
}

/** Whose workloads these are, where not both worlds have some; empty otherwise. */
export function workloadsNote(from: Difference['workloadsFrom']): string {
  switch (from) {
    case 'both':
      return '';
    case 'before':
      return 'The new world has no workloads; those of the old one are taken for both.';
    case 'after':
      return 'The old world has no workloads; those of the new one are taken for both.';
    case 'policies':
      return 'Neither world has workloads; the pods that each policy selects stand for them. Give real ones with --with.';
  }
}

/** `2 flows open, 1 closes, 0 change only the policy that decides.` */
export function summaryText({ changes, moments }: Pick<Difference, 'changes' | 'moments'>): string {
  const [opened, closed, moved] = (['opened', 'closed', 'moved'] as const).map((change) => flowsIn(changes, change));
  const s = (count = 0): string => (count === 1 ? 's' : '');
  if (opened === 0 && closed === 0 && moved === 0) {
    const isKnown = changes.length === 0 && (moments?.doubts.length ?? 0) === 0;
    return isKnown ? 'No flow changes.' : 'Whether any flow changes is not known.';
  }
  return `${counted(opened ?? 0, 'flow')} open${s(opened)}, ${closed} close${s(closed)}, ${moved} change${s(moved)} only the policy that decides.`;
}
