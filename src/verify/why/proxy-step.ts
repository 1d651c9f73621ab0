import type { Pod } from '../../core/model/snapshot.ts';
import type { MeshAnswer } from '../mesh/answer.ts';
import type { DesiredPoint, Step } from './step.ts';

const advice = 'see `istioctl proxy-status`, and the log of the proxy';

/**
 * The proxies on the way that lack what was written: what they do is what they had before. Pods that no proxy stands
 * before are not among them, for the objects of the mesh say what becomes of these.
 */
export function proxySteps(points: readonly DesiredPoint[], pod: Pod, answer: MeshAnswer): readonly Step[] {
  const name = `${pod.namespace}/${pod.name}`;
  const layer = answer.path === 'waypoint' ? 'waypoint' : 'gateway';
  return points.flatMap(({ point, proxies }): Step[] => {
    const behind = (proxies?.behind ?? []).filter(({ past }) => past !== true);
    const step = (where: Step['layer'], rule: string, reason: string): Step => {
      const said = `${reason}: it still applies its previous configuration`;
      return { layer: where, point: point.metadata.name, verdict: 'Unknown', rule, reason: said, advice };
    };
    const own = behind.find((one) => one.pod === name);
    const gateway = behind.find(({ of }) => answer.gateway.endsWith(`/${of}`));
    return [
      ...(own === undefined ? [] : [step('sidecar', `Pod/${own.pod}`, own.reason)]),
      ...(gateway === undefined ? [] : [step(layer, `Pod/${gateway.pod}`, gateway.reason)]),
    ];
  });
}
