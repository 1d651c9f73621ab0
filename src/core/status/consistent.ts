import type { Consistency, Difference } from '../model/consistency.ts';
import type { Judgement } from './conditions.ts';
import { bracketed } from '../../net/address.ts';

const type = 'Consistent';

/** Does a point agree with the intent and with all other layers? The message shows one flow on which it does not. */
export function consistent(point: string, found: Consistency): Judgement {
  const { meshOnly, perimeterOnly, blocked, wider, narrower, unknown } = found;
  const own = (flows: readonly Difference[]): readonly Difference[] => flows.filter((flow) => flow.point === point);
  const sides = [
    { reason: 'BypassPossible', flows: own(perimeterOnly) },
    { reason: 'BlockedAtPerimeter', flows: own(meshOnly) },
    { reason: 'BlockedInCluster', flows: own(blocked) },
    { reason: 'Differs', flows: own([...wider, ...narrower]) },
  ] as const;
  const [worst] = sides.filter(({ flows }) => flows.length > 0);
  const [flow] = worst?.flows ?? [];
  if (!worst || !flow) {
    const [doubt] = unknown.filter((one) => one.point === point || one.point === 'mesh');
    if (doubt) return { type, status: 'Unknown', reason: 'NotKnown', message: sentenceOf(doubt) };
    const [assumed] = own(found.known).filter((one) => one.assumed === true);
    const message = `All layers permit the same${assumed ? `, but ${assumed.reason}` : ''}.`;
    return { type, status: 'True', reason: 'Consistent', message };
  }
  const { reason } = worst;
  const count = sides.reduce((sum, { flows }) => sum + flows.length, 0);
  const more = count > 1 ? ` So do ${count - 1} others:` : ' Details:';
  return { type, status: 'False', reason, message: `${sentenceOf(flow)}${more} postern verify --live.` };
}

function sentenceOf({ namespace, workload, destination, port, protocol, rule, reason }: Difference): string {
  const who = namespace === '' ? workload : `${namespace}/${workload}`;
  return `${who} to ${bracketed(destination)}:${port}/${protocol} (rule ${rule}): ${reason}.`;
}

/** The layers differ by changes that wait to be read back, and nothing else was compared. @param since RFC 3339 */
export function notCompared(since: string): Judgement {
  const message = `Published changes have not been read back at every point since ${since}, so the layers were not compared: run postern verify --live.`;
  return { type, status: 'Unknown', reason: 'NotCompared', message };
}

/** What was found before says nothing of a device that is not as desired. What is known to be wrong stays so. */
export function whileProgrammed(found: Judgement, { status, reason }: Judgement): Judgement {
  if (found.status !== 'True' || status !== 'False') return found;
  const message = `Not compared with other layers while Programmed is False (${reason}): run postern verify --live.`;
  return { type, status: 'Unknown', reason: 'NotCompared', message };
}

/** There is more than can be compared beside other work. */
export function tooLarge(pods: number): Judgement {
  const message = `With ${pods} pods the layers are not compared here: run postern verify --live.`;
  return { type, status: 'Unknown', reason: 'TooLarge', message };
}
