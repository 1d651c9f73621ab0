import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Rule, Verdict } from '../../core/model/desired.ts';
import type { Pod } from '../../core/model/snapshot.ts';
import type { DeviceTable, TableRule } from '../../core/model/table.ts';
import { windowsText } from '../../core/text/windows.ts';
import { acceptedGapFor } from '../compare/accepted-gaps.ts';
import type { Answer } from '../intent/intent.ts';
import type { Perimeter } from '../layers.ts';
import { sameFamily } from '../flows/probes.ts';
import { ofAttachments, type Attached } from '../values/attachments.ts';
import { isUndecided, lostTo, ofShared, type SharedAddress } from '../values/claims.ts';
import { ofGateways, unknownGateway } from '../perimeter/gateways.ts';
import { onNetworkOfNode, type Toward } from '../perimeter/sources.ts';
import { permits, type Flow } from '../perimeter/desired.ts';
import { certain, foreignRoles } from '../perimeter/foreign-rules.ts';
import { readTable } from '../perimeter/table.ts';
import { withRemains, withReport, type Reported } from './reported.ts';
import type { AskedFlow, DesiredPoint, Step } from './step.ts';

interface Arrival {
  readonly perimeter: Perimeter;
  readonly pod: Pod;
  readonly flow: AskedFlow;
  /** Empty: the pod opens the connection itself. */
  readonly gateway: string;
  /** It leaves through a gateway on the networks of its nodes, and the point knows the gateway by another address. */
  readonly astray: boolean;
  /** Its addresses there. */
  readonly seen: readonly string[];
  /** Where the addresses of the pod differ by where to. */
  readonly toward: Toward | undefined;
  readonly intent: Answer;
  /** An address of the pod that others claim, too. */
  readonly shared: SharedAddress | undefined;
  /** Where the point sees a network beside the pod network: what the pod has there. */
  readonly attached: Attached | undefined;
  readonly points: readonly DesiredPoint[];
  /** Whether a rule, or without one all that is wanted, is on the device, as far as a status says. */
  readonly reported: (rule: Rule | undefined) => Reported | undefined;
}

/** As whom the flow meets a firewall, and what the firewall does with it. */
export function atPerimeter(arrival: Arrival): readonly Step[] {
  const { perimeter, flow, seen, intent } = arrival;
  const sources = seen.filter((source) => sameFamily(source, flow));
  const point = perimeter.point.metadata.name;
  const lost = lostAddress(arrival, point);
  if (sources.length === 0) return [lost ?? nowhereFrom(arrival, point)];
  const { type } = perimeter.point.spec.vantage;
  const { rules, fallback } = perimeter.table;
  const decide = readTable({ rules: certain(rules), fallback });
  const steps = sources.flatMap((source): Step[] => {
    const { port, protocol, host, address } = flow;
    const asked = { src: source, port, protocol, ...(host && { host }), ...(address && { dst: address }) };
    const { action, rule } = decide(asked);
    const doubtful = doubtOver(asked, action, perimeter.table);
    const open = rule === 'default' && perimeter.point.spec.defaultAction === 'Accept';
    const found = perimeter.table.rules.find(({ name }) => name === rule);
    const base = { layer: 'perimeter', point, verdict: open ? 'Accept' : action, rule } as const;
    const reason = whose(arrival, type, wantedOf(arrival, asked)?.action === 'Accept');
    const arrived: Step = { layer: 'source', point, verdict: 'Accept', rule: source, reason };
    if (doubtful !== undefined) return [arrived, { ...base, ...doubtful }];
    const role = foreignRoles(perimeter.table).get(rule);
    if (role !== undefined) {
      const advice = action === 'Accept' || intent.verdict === 'Accept' ? { advice: foreignAdvice } : {};
      return [arrived, { ...base, reason: `${action === 'Accept' ? 'accepts' : 'denies'} it: ${role}`, ...advice }];
    }
    if (open)
      return [arrived, { ...base, reason: 'no Postern rule matches it, so the device decides by its own rules' }];
    const wanted = desiredRule(arrival, found);
    const reported = arrival.reported(wanted);
    if (action === 'Accept')
      return [arrived, withReport(reported, { ...base, reason: `accepts it${forGroup(arrival, found)}` })];
    const denied: Step = { ...base, ...denial(arrival, source, found) };
    return [arrived, wanted === undefined ? withRemains(reported, denied) : withReport(reported, denied)];
  });
  return lost === undefined ? steps : [...steps, lost];
}

/** A pod that has an address to itself may lack the one of the other family, which another claims. */
function lostAddress({ pod, gateway, shared, perimeter }: Arrival, point: string): Step | undefined {
  const { type, network } = perimeter.point.spec.vantage;
  if (shared === undefined || shared.owner === pod || type !== 'Pod' || network !== undefined) return undefined;
  if (gateway !== '' || pod.hostNetwork || pod.deleting) return undefined;
  return { layer: 'source', point, verdict: 'Unknown', rule: '', reason: lostTo(shared), advice: ofShared };
}

const foreignAdvice = 'Postern does not manage it: move it after the rules of Postern, or narrow it';

/** A rule of others that may decide otherwise, where nobody can tell what it matches. */
function doubtOver(
  asked: Flow,
  action: Verdict,
  { rules, fallback }: DeviceTable,
): Pick<Step, 'verdict' | 'rule' | 'reason' | 'advice'> | undefined {
  const differing = rules.filter((one) => one.doubt === undefined || one.action !== action);
  const { rule: name } = readTable({ rules: differing, fallback })(asked);
  const doubt = differing.find((one) => one.name === name)?.doubt;
  if (doubt === undefined) return undefined;
  const reason = `is a foreign rule that may decide it, and Postern cannot evaluate it: ${doubt}`;
  return { verdict: 'Unknown', rule: name, reason, advice: 'look at it on the device' };
}

function nowhereFrom({ pod, flow, seen, toward, gateway, perimeter, shared, attached }: Arrival, point: string): Step {
  const base = { layer: 'source', point, verdict: 'Deny', rule: '' } as const;
  if (seen.length > 0) {
    const family = flow.address?.includes(':') ? 'IPv6' : 'IPv4';
    return { ...base, reason: `it has no ${family} address`, advice: 'use an address of the family that the pod has' };
  }
  if (gateway !== '') return { ...base, reason: `no pod of ${gateway} has an address`, advice: 'start the gateway' };
  if (pod.hostNetwork) {
    return {
      ...base,
      reason: 'the pod is on the host network, and the address of its node is not known',
      advice: ofNodes,
    };
  }
  if (attached?.doubt !== undefined)
    return { ...base, verdict: 'Unknown', reason: attached.doubt, advice: ofAttachments };
  if (toward?.isUnknown(flow))
    return { ...base, verdict: 'Unknown', reason: unknownGateway(toward), advice: ofGateways };
  if (toward !== undefined) return { ...base, ...withoutGateway(toward) };
  if (pod.deleting) return { ...base, ...withdrawn };
  if (attached !== undefined) return { ...base, ...notAttached(perimeter) };
  if (shared !== undefined) return { ...base, verdict: 'Unknown', reason: lostTo(shared), advice: ofShared };
  if (perimeter.point.spec.vantage.type === 'EgressGateway') {
    return { ...base, reason: 'no pod of the gateway has an address', advice: 'start the gateway' };
  }
  return { ...base, reason: 'the pod has no address yet', advice: 'wait until it runs' };
}

function notAttached({ point: { spec } }: Perimeter): Pick<Step, 'reason' | 'advice'> {
  return {
    reason: `the pod is not on network ${spec.vantage.network?.name ?? ''}, so that it has no address there`,
    advice: 'attach it by the annotation k8s.v1.cni.cncf.io/networks, or leave its namespace to another point',
  };
}

/** Calico has an unreachable route then. */
function withoutGateway({ key }: Toward): Pick<Step, 'reason' | 'advice'> {
  return {
    reason: `${key} routes it through gateways, but no gateway pod with an address is known: Calico then lets nothing out`,
    advice: 'start the gateway, or correct its selectors or the name of the EgressGatewayPolicy',
  };
}

const gatewayAstray = {
  reason: 'the gateway is on the host network, and the addresses of its nodes are in no group',
  advice: 'say addresses: Node in spec.vantage.gateway of the point, or take the gateway off the host network',
};

const ofNodes = 'give the pod its own network, or the point vantage Node';

/** The other way is `spec.terminating: KeepUntilGone`. */
const withdrawn = {
  reason: 'the pod is being deleted (metadata.deletionTimestamp), and its access was withdrawn at that moment',
  advice:
    'ask about the pod that replaces it; if pods need their access while they shut down, say terminating: KeepUntilGone in the policy or the point',
};

/** @param wanted whether the point is to let it out of there */
function whose(arrival: Arrival, type: EnforcementPoint['spec']['vantage']['type'], wanted: boolean): string {
  const { pod, gateway, astray, seen, toward, attached } = arrival;
  if (gateway !== '') return `the address of ${astray ? 'a node of ' : ''}${gateway}, through which it leaves`;
  if (pod.hostNetwork) return `the address of its node ${pod.node}, because it is on the host network`;
  if (attached === undefined && pod.addresses.some((address) => seen.includes(address))) return ofPod(arrival, wanted);
  if (attached !== undefined) return 'the address of the pod on the network of the point, as its annotation says';
  if (toward !== undefined && type === 'EgressIP') return throughGateways(toward, seen);
  if (type === 'EgressIP') return 'an egress address of the pod, shared with every other pod that has it';
  if (type === 'Node') return `the address of node ${pod.node}, for every pod on it`;
  return type === 'Static' ? 'the address that all pods share' : 'the address of the gateway';
}

function ofPod({ pod, toward, shared }: Arrival, wanted: boolean): string {
  const kept = wanted ? ' and keeps its access as spec.terminating says' : '';
  if (pod.deleting) return `the address of the pod, which is being deleted${kept}`;
  const past = toward === undefined ? '' : `, for ${toward.key} leaves the destination out`;
  return `the address of the pod${past}${shared === undefined ? '' : before(shared)}`;
}

function before(shared: SharedAddress): string {
  const rivals = shared.others.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  if (isUndecided(shared))
    return `, assumed to be its own rather than that of ${rivals}, though nothing says which pod is newer`;
  return `, its own rather than that of ${rivals}, because it is newer`;
}

function throughGateways({ key }: Toward, seen: readonly string[]): string {
  const which = seen.length > 1 ? `, one of ${seen.length} (it may be any of them)` : '';
  return `an address of the gateways to which ${key} routes it${which}, shared with every other pod that it routes there`;
}

function desiredRule(arrival: Arrival, rule: Pick<TableRule, 'desiredId'> | undefined): Rule | undefined {
  return desiredAt(arrival)?.rules.find(({ id }) => id === rule?.desiredId);
}

function desiredAt({ perimeter, points }: Arrival): DesiredPoint['desired'] | undefined {
  return points.find(({ point }) => point.metadata.name === perimeter.point.metadata.name)?.desired;
}

function forGroup(arrival: Arrival, rule: Pick<TableRule, 'desiredId'> | undefined): string {
  const sources = desiredRule(arrival, rule)?.sources ?? [];
  const used = desiredAt(arrival)?.groups.filter(({ id }) => sources.includes(id)) ?? [];
  const titles = used.map(({ title }) => title);
  return titles.length === 0 ? '' : ` for ${titles.join(' and ')}`;
}

/** Why a pod that may is in no group there. */
function leftOut({ perimeter, intent, pod, gateway, astray }: Arrival): Pick<Step, 'reason' | 'advice'> | undefined {
  if (intent.verdict === 'Deny') return undefined;
  if (astray) return gatewayAstray;
  if (gateway !== '') return undefined;
  const { type } = perimeter.point.spec.vantage;
  if (pod.hostNetwork && type !== 'Node' && type !== 'Static') return { reason: onNetworkOfNode, advice: ofNodes };
  return pod.deleting ? withdrawn : undefined;
}

/** A firewall that stops what it should not stop yet, or what it was never told about. */
function denial(arrival: Arrival, source: string, rule: TableRule | undefined): Pick<Step, 'reason' | 'advice'> {
  const left = leftOut(arrival);
  if (left !== undefined) return rule === undefined ? left : { ...left, reason: `denies it, for ${left.reason}` };
  if (arrival.intent.verdict === 'Deny') {
    return { reason: rule === undefined ? 'no rule accepts it' : `denies it${forGroup(arrival, rule)}` };
  }
  const missed = missedAccept(arrival, source);
  if (rule === undefined) return missed ?? unheardOf(arrival);
  const reason = `denies it${forGroup(arrival, rule)}`;
  if (missed === undefined)
    return { reason, advice: `see \`postern drift\`: the intent permits it${inWindows(arrival)}` };
  return { ...missed, reason: `${reason}: ${missed.reason}` };
}

function inWindows({ perimeter }: Arrival): string {
  const { changeWindows } = perimeter.point.spec;
  if (changeWindows === undefined) return '';
  return `; what permits more waits for a change window of the point (${windowsText(changeWindows)})`;
}

function unheardOf(arrival: Arrival): Pick<Step, 'reason' | 'advice'> {
  return {
    reason: 'no rule matches this destination and port',
    advice: `see whether the point is programmed: \`postern status\`, \`postern drift\`${inWindows(arrival)}`,
  };
}

/** What the point is to do with a flow; undefined: nobody knows what is wanted there. */
function wantedOf(arrival: Arrival, asked: Flow): ReturnType<typeof permits> | undefined {
  const desired = desiredAt(arrival);
  const { metadata, spec } = arrival.perimeter.point;
  return desired && permits({ point: metadata.name, defaultAction: spec.defaultAction, ...desired }, asked);
}

/** Why no rule accepts what the intent permits: the device cannot say it, or the source is in no group of such a rule. */
function missedAccept(arrival: Arrival, source: string): Pick<Step, 'reason' | 'advice'> | undefined {
  const { perimeter, flow } = arrival;
  const excuse = acceptedGapFor(perimeter.acceptedGaps, flow);
  if (excuse !== undefined)
    return {
      reason: `no rule accepts it: ${excuse.message.replace(/\.$/, '')}`,
      advice: 'write it in a form that the point supports, or let another point enforce it',
    };
  const { rules, fallback } = perimeter.table;
  const { host, address, port, protocol } = flow;
  const asked = { src: source, port, protocol, ...(host && { host }), ...(address && { dst: address }) };
  const wanted = wantedOf(arrival, asked);
  if (wanted?.action === 'Accept' && !rules.some(({ desiredId }) => desiredId === wanted.rule))
    return {
      reason: `the rule that should accept it${forGroup(arrival, { desiredId: wanted.rule })} is not in force there`,
      advice: `see \`postern drift\`: it is missing, or switched off${inWindows(arrival)}`,
    };
  const everybody = readTable({ rules: rules.map((one) => ({ ...one, sources: [source] })), fallback });
  const { action, rule: name } = everybody(asked);
  if (action !== 'Accept') return undefined;
  const meant = rules.find((one) => one.name === name);
  return {
    reason: `rule ${name} matches it${forGroup(arrival, meant)}, but ${source} is not in its group`,
    advice:
      'if the pod has just started, wait for the next sync; else see `postern drift` and the vantage of the point',
  };
}
