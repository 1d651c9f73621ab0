import type { MemoryObjects } from '../../../kit/kubernetes/testing/memory-objects.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { flows } from './states.ts';
import { judgeOf, permits, type Flow } from './world.ts';

export function inWords({ client, target }: Flow): string {
  return `${client.namespace}/${client.serviceAccount} -> ${target.host ?? target.address ?? ''}:${target.port} ${target.appProtocol ?? ''}`;
}

/** Flows that the mesh lets out although none of these states does. */
export function wider(objects: MemoryObjects, allowed: readonly DesiredState[], isAmbient: boolean): readonly string[] {
  const judge = judgeOf(objects, isAmbient);
  return flows.flatMap((flow) => {
    const answer = judge(flow);
    // Ambient mode lets out to what the mesh does not know; that is told, and another point's to prevent.
    if (answer.verdict === 'Deny' || (isAmbient && answer.path === 'direct')) return [];
    // Opaque TCP may be treated as another host than was meant; what counts is where it ends.
    const ended = { ...flow, target: { ...flow.target, host: answer.outside.host } };
    const meant = flow.target.appProtocol === 'tcp' ? [flow, ended] : [flow];
    const within = meant.some((one) => allowed.some((state) => permits(state, one, answer.outside.port)));
    if (within) return [];
    return [
      `${inWords(flow)} leaves by ${answer.path}: ${answer.steps.map(({ object, reason }) => `${object} ${reason}`).join('; ')}`,
    ];
  });
}
