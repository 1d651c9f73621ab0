import type { Diversion } from '../mesh/answer.ts';
import type { Answer } from '../intent/intent.ts';
import { because, place, targetOf, through, type Told } from './sentence.ts';
import type { AskedFlow, Step } from './step.ts';
import { bracketed } from '../../net/address.ts';

/** What the mesh does with a flow instead of what was asked. */
export interface Diverted {
  readonly diversion: Diversion;
  /** What the intent says of what was asked, and of what leaves instead. */
  readonly asked: Answer;
  readonly onward: Answer;
  /** What becomes of what leaves instead. */
  readonly steps: readonly Step[];
}

/** Is it worth telling? Not where only the port is another, as with TLS that a proxy makes, and policies speak of that. */
export function isElsewhere({ diversion, asked, onward }: Diverted): boolean {
  return diversion.changes === 'host' || asked.verdict !== onward.verdict;
}

/** The object that sends it elsewhere stops what was asked for, whatever happens to what leaves instead. */
export function withDiversion({ diversion, steps }: Diverted): readonly Step[] {
  const { object, reason, changes } = diversion;
  return steps.map((step) => {
    if (step.rule !== object || step.reason !== reason) return step;
    const told = { ...step, reason: `${reason}: the mesh sends it to ${placeOf(diversion.to)}` };
    return changes === 'port' ? told : { ...told, verdict: 'Deny', advice: adviceFor(diversion) };
  });
}

const proxies: ReadonlySet<Step['layer']> = new Set(['sidecar', 'gateway', 'waypoint']);

/**
 * An address that the mesh has for a name is what leaves, and policies speak of that: where they permit the name alone, a
 * firewall stops it.
 */
export function withEndpoint(steps: readonly Step[], { host, address = '', port }: AskedFlow): readonly Step[] {
  const by = steps.findLast(({ layer, rule }) => proxies.has(layer) && rule !== '');
  if (host !== undefined || by === undefined) return steps;
  const what = placeOf({ host: '', address, port });
  const advice = `what leaves is ${what}, by ${by.rule}, and no policy permits that: name the address in the policy, or let ${by.rule} resolve the name`;
  return steps.map((step) => (step.layer === 'perimeter' && step.verdict === 'Deny' ? { ...step, advice } : step));
}

function adviceFor({ object, changes }: Diversion): string {
  if (changes === 'port') return 'name that port in the policy, if that is intended';
  return object.startsWith('ServiceEntry/')
    ? 'give the ServiceEntries of that port addresses of their own, or let the proxies capture DNS'
    : `change ${object} if that is not intended`;
}

/** The flow that was asked about first, then where the mesh sends it and by which object, then what becomes of it there. */
export function divertedSentence({ pod, flow, verdict }: Told, diverted: Diverted): string {
  const { diversion, asked, onward } = diverted;
  const { object, reason, changes } = diversion;
  const what = targetOf(pod, flow);
  const fate = changes === 'host' ? 'does not get there' : 'leaves by another port';
  const alarm = verdict === 'Accept' && onward.verdict === 'Deny' ? '; run `postern verify` and close it' : '';
  return (
    `${what} is ${wishFor(asked)} and ${fate}: ${object} ${reason}, and the mesh sends it to ${placeOf(diversion.to)}. ` +
    `That is ${wishFor(onward)}, and ${fateOf(diverted.steps)}; ${adviceFor(diversion)}${alarm}.`
  );
}

function wishFor({ verdict, policy }: Answer): string {
  if (verdict === 'Accept') return `permitted by ${policy ?? 'the default'}`;
  return policy === null ? 'permitted by no policy' : `denied by ${policy}`;
}

function fateOf(steps: readonly Step[]): string {
  const stop = steps.find(({ verdict }) => verdict === 'Deny');
  if (stop !== undefined) return `is stopped ${place(stop)} because ${because(stop)}`;
  const doubt = steps.find(({ verdict }) => verdict === 'Unknown');
  return doubt === undefined ? `gets out${through(steps)}` : `may get out: ${because(doubt)}`;
}

/** `db-a.example.com:3306` */
function placeOf({ host, address, port }: Diversion['to']): string {
  return `${bracketed(host || address)}:${port}`;
}
