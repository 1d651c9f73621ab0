import type { Labels } from '../../../core/model/snapshot.ts';
import type { Finding, MeshTarget } from '../answer.ts';
import { appOf } from '../answer.ts';
import type { Extension } from '../objects/extensions.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import { labelsMatch } from '../registry/scope.ts';

/** A proxy on the way of a flow. */
export interface FlowProxy {
  readonly at: 'sidecar' | 'gateway' | 'waypoint';
  readonly namespace: string;
  readonly podLabels: Labels;
  /** What a waypoint is asked for. */
  readonly service?: { readonly kind: string; readonly namespace: string; readonly name: string };
}

/** An object that rewrites a proxy, or has code of its own judge what goes through it, so that nobody can tell what it does. */
export type Rewriting = (proxy: FlowProxy, target: MeshTarget) => Finding | undefined;

const contextOf = { sidecar: 'SIDECAR_OUTBOUND', gateway: 'GATEWAY', waypoint: 'WAYPOINT' } as const;
const gatewayName = 'gateway.networking.k8s.io/gateway-name';

export function readRewriting({ extensions, config: { rootNamespace } }: MeshSnapshot): Rewriting {
  const isAttached = (one: Extension, proxy: FlowProxy): boolean => {
    const { namespace, podLabels, at, service } = proxy;
    const isNear = one.namespace === namespace || one.namespace === rootNamespace;
    // Waypoints never go by labels.
    if (one.targets.length === 0) return at !== 'waypoint' && isNear && labelsMatch(one.selects ?? {}, podLabels);
    return one.targets.some(({ kind, name }) => {
      if (kind === 'Gateway') return one.namespace === namespace && podLabels[gatewayName] === name;
      if (kind === 'GatewayClass') return at === 'waypoint' && one.namespace === rootNamespace;
      return kind === service?.kind && one.namespace === service.namespace && name === service.name;
    });
  };
  // istiod patches what waypoints listen on as it does that of sidecars.
  const isIn = ({ contexts = ['ANY'] }: Extension, { at }: FlowProxy): boolean =>
    contexts.some((one) => one === 'ANY' || one === contextOf[at] || (at === 'waypoint' && one !== 'GATEWAY'));
  return (proxy, target) => {
    const found = extensions.find(
      (one) => isIn(one, proxy) && isAttached(one, proxy) && (!one.ofRequests || appOf(target) === 'http'),
    );
    if (found === undefined) return undefined;
    const what = found.kind === 'EnvoyFilter' ? 'rewrites' : 'has code of its own judge what goes through';
    return { layer: proxy.at, object: found.id, reason: `${what} the ${proxy.at}`, certain: false, doubt: 'object' };
  };
}
