import type { Pod } from '../../core/model/snapshot.ts';
import type { MeshAnswer } from '../mesh/answer.ts';
import type { Answer } from '../intent/intent.ts';
import type { AskedFlow, Step, Why } from './step.ts';
import { bracketed } from '../../net/address.ts';

export interface Told {
  readonly pod: Pod;
  readonly flow: AskedFlow;
  readonly verdict: Why['verdict'];
  readonly intent: Answer;
  readonly steps: readonly Step[];
  /** It gets out only by naming another host. */
  readonly claim?: MeshAnswer['claim'];
}

/** The whole of it for somebody who reads nothing else: what happens, where, why, and what to do. */
export function sentenceOf({ pod, flow, verdict, intent, steps, claim }: Told): string {
  const what = targetOf(pod, flow);
  const [first] = steps;
  const ended = steps.find(({ layer, point }) => layer === 'source' && point === null);
  const stop =
    ended ?? (intent.verdict === 'Deny' ? first : undefined) ?? steps.find((step) => step.verdict === 'Deny');
  if (verdict === 'Accept' && intent.verdict === 'Accept')
    return `${what} is allowed by ${intent.policy ?? 'the default'}${through(steps)}${watched(steps)}.`;
  if (verdict === 'Accept') {
    const reason = first?.reason ?? 'no policy permits it';
    const idle = watched(steps);
    const todo = idle === '' ? ': run `postern verify` and close it' : `${idle}: mode Enforce would put them in force`;
    const how = claim === undefined ? '' : ` by naming another host (${claim.object} ${claim.reason})`;
    return `${what} gets out${how} although ${reason}${through(steps)}${todo}.`;
  }
  if (verdict === 'Unknown') return `${what} ${doubtOf(intent, steps)}.`;
  if (stop === undefined) return `${what} is blocked.`;
  const advice = stop.advice === undefined ? '' : `; ${stop.advice}`;
  return `${what} is blocked ${place(stop)} because ${because(stop)}${advice}.`;
}

function doubtOf({ verdict }: Answer, steps: readonly Step[]): string {
  const doubt = steps.find((step) => step.verdict === 'Unknown');
  const wish = verdict === 'Accept' ? 'is permitted by the intent' : 'is not permitted by the intent';
  const reasons = doubt === undefined ? [] : [because(doubt), doubt.advice ?? ''];
  return `${wish}, but whether it gets out is unknown: ${reasons.filter(Boolean).join('; ')}`;
}

/** `shop/web to api.example.com:443/TCP` */
export function targetOf({ namespace, name }: Pod, { host, address = '', port, protocol }: AskedFlow): string {
  return `${namespace}/${name} to ${bracketed(host ?? address)}:${port}/${protocol}`;
}

export function place({ layer, point }: Step): string {
  if (layer === 'intent') return 'by the intent';
  if (layer === 'perimeter') return `at ${point ?? 'the perimeter'}`;
  if (layer === 'source') return point === null ? 'at the source' : `before ${point}`;
  return layer === 'network-policy' ? 'by a network policy' : `in the mesh (${layer})`;
}

export function because({ layer, rule, reason }: Step): string {
  const subject = layer !== 'source' && rule !== '' && rule !== 'default' ? `${rule} ` : '';
  return `${subject}${reason}`;
}

/** Where no firewall of ours is in force, those that only look on. */
function watched(steps: readonly Step[]): string {
  const atPoints = steps.filter(({ layer }) => layer === 'perimeter');
  if (atPoints.length === 0 || atPoints.some(({ rule }) => rule !== '')) return '';
  return `; no Postern rule is in force at ${atPoints.map(({ point }) => point ?? '').join(' and ')}, in mode Observe`;
}

export function through(steps: readonly Step[]): string {
  const rules = steps.flatMap(({ layer, point, rule }) =>
    layer === 'perimeter' && rule !== '' ? [`${point ?? ''} (${rule})`] : [],
  );
  return rules.length === 0 ? '' : `, through ${[...new Set(rules)].join(' and ')}`;
}
