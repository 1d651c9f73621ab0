import { z } from 'zod';
import {
  passed,
  stopped,
  type MeshAnswer,
  type MeshClient,
  type MeshStep,
  type MeshTarget,
  type Trail,
} from './answer.ts';
import { throughZtunnel } from './proxies/ambient.ts';
import type { Unreadable } from '../values/objects.ts';
import type { MeshSnapshot } from './objects/snapshot.ts';
import { pastCapture } from './proxies/capture.ts';
import { underClaimedName } from './proxies/claimed-names.ts';
import { pastNetwork } from './proxies/upstream.ts';
import { throughSidecar } from './proxies/sidecar.ts';
import type { PodEnd } from '../network/ends/ends.ts';
import { identityOf, type AuthorizationRequest, type Identity } from './proxies/request.ts';
import type { Decision, PolicySet } from './proxies/authorization.ts';
import { readNetwork, type Network } from '../network/network.ts';
import { networkKindIds } from '../network/kinds.ts';
import { remembered } from '../values/remembered.ts';
import { isUnspoken } from './unspoken.ts';
import { prepare, type World } from './world.ts';

export interface MeshEvaluator {
  /** The same, and for which other clients it holds. */
  readonly judgeOfKin: (client: MeshClient, target: MeshTarget) => JudgedOfKin;
  /** Where the flow would get, and which object of which layer says so. The flow of a pod that gets round its proxy is that of the same client with `meshed: 'none'`. */
  readonly judge: (client: MeshClient, target: MeshTarget) => MeshAnswer;
  /** How a client that is stopped gets to an address all the same, by naming a host that it does not go to; undefined: it does not. */
  readonly judgeClaiming: (client: MeshClient, target: MeshTarget) => MeshAnswer | undefined;
  /** Is the flow to a name that makes no difference to any object of the mesh? Network policies may know it. */
  readonly isUnspoken: (client: MeshClient, target: MeshTarget) => boolean;
}

/** An answer, and whom else it is an answer for. */
export interface JudgedOfKin {
  readonly answer: MeshAnswer;
  /**
   * Does it hold, but for the words, for a client that differs in its ServiceAccount alone? Undefined: for every one,
   * since no AuthorizationPolicy was asked who comes.
   */
  readonly holdsFor: ((serviceAccount: string) => boolean) | undefined;
}

/**
 * Reads a mesh as Istio and Kubernetes do, to say of any flow whether it may leave the cluster. Prepared once, in time
 * linear in the objects; a flow then costs what the objects about its host and its gateway cost. It shares nothing with
 * what writes such objects, so that each can prove the other wrong.
 */
export function evaluateMesh(snapshot: MeshSnapshot, network = readNetwork(snapshot.network)): MeshEvaluator {
  const world = prepare(snapshot, network);
  // Thousands of flows are judged of one client.
  const podFor = remembered((client: MeshClient) => podOf(client, network));
  const setOut = (client: MeshClient, target: MeshTarget): Trail => {
    return { client, pod: podFor(client), target, path: 'none', gateway: '', certain: true, steps: [] };
  };
  const follow = (trail: Trail, within: World): MeshAnswer => blurred(within, trail, judge(within, trail));
  const ask = (client: MeshClient, target: MeshTarget, within: World): MeshAnswer =>
    follow(setOut(client, target), within);
  return {
    judge: (client, target) => ask(client, target, world),
    judgeClaiming: (client, target) => underClaimedName(world, setOut(client, target), follow),
    judgeOfKin: (client, target) => {
      const saidTo: SaidTo[] = [];
      const decide: World['decide'] = (policies, request) => {
        const decision = world.decide(policies, request);
        const { identity } = request;
        if (identity !== undefined) saidTo.push(whomItIsSaidTo(world, { policies, request, identity, decision }));
        return decision;
      };
      const answer = ask(client, target, { ...world, decide });
      return { answer, holdsFor: saidTo.length === 0 ? undefined : (account) => saidTo.every((is) => is(account)) };
    },
    isUnspoken: (client, target) => isUnspoken(world, client, target),
  };
}

/** What AuthorizationPolicies were asked on the way of a flow. */
interface Asked {
  readonly policies: PolicySet;
  readonly request: AuthorizationRequest;
  readonly identity: Identity;
  readonly decision: Decision;
}

type SaidTo = (serviceAccount: string) => boolean;

/** Is the same said to another ServiceAccount of the namespace? Up to where the answers differ both flows go the same way. */
function whomItIsSaidTo({ decide, trustDomains }: World, { policies, request, identity, decision }: Asked): SaidTo {
  const { namespace } = identity;
  const { addresses, isDirect, port, sni, http, host, method, path } = request;
  const isNameless = policies.nameless(sni, identity);
  return (serviceAccount) => {
    const other = identityOf({ namespace, serviceAccount }, trustDomains);
    if (isNameless && policies.nameless(sni, other)) return true;
    const asked = { identity: other, addresses, isDirect, port, sni, http, host, method, path };
    const { allowed, certain } = decide(policies, asked);
    return allowed === decision.allowed && certain === decision.certain;
  };
}

/** A client of the mesh as network policies see it. */
export function podOf({ podLabels, ...pod }: MeshClient, { podEnd }: Network): PodEnd {
  return podEnd({ ...pod, labels: podLabels, addresses: pod.addresses, namedPorts: undefined });
}

function judge(world: World, trail: Trail): MeshAnswer {
  const { client, target } = trail;
  if (target.host === undefined && target.address === undefined) {
    return stopped(trail, { layer: 'network-policy', object: '', reason: 'goes to no host and no address' });
  }
  // Proxies catch TCP only.
  if (client.meshed === 'none' || target.protocol !== 'TCP') {
    const { host = '', address = '', port } = target;
    return pastNetwork(world, { ...trail, path: 'direct' }, trail.pod, { host, address, port });
  }
  if (client.meshed === 'ambient') return throughZtunnel(world, trail);
  const past = pastCapture(client.sidecar, target);
  if (past === undefined) return throughSidecar(world, trail);
  const { host = '', address = '', port } = target;
  const around = pastNetwork(world, passed({ ...trail, path: 'direct' }, past), trail.pod, { host, address, port });
  return past.certain === false && around.verdict === 'Deny' ? throughSidecar(world, passed(trail, past)) : around;
}

/** What proxies of every namespace see unless it says otherwise. */
const exported: ReadonlySet<string> = new Set(
  ['ServiceEntry', 'VirtualService', 'DestinationRule'].map((kind) => `networking.istio.io/${kind}`),
);
const limited = z.object({ spec: z.object({ exportTo: z.array(z.string()).min(1) }) });

function staysAtHome(object: unknown): boolean {
  const { exportTo = ['*'] } = limited.safeParse(object).data?.spec ?? {};
  return !exportTo.includes('*');
}

/** An object that could not be read, or that may not be for the istiod of the proxies, leaves no answer certain where it might matter. */
function blurred(
  { snapshot: { unreadable, ofRevisions, config } }: World,
  { client }: Trail,
  answer: MeshAnswer,
): MeshAnswer {
  if (!answer.certain || unreadable.length + ofRevisions.length === 0) return answer;
  const [, gatewayNamespace] = answer.gateway.split('/');
  const places = [client.namespace, config.rootNamespace, gatewayNamespace];
  const matters = ({ kind, namespace, object }: Omit<Unreadable, 'message'>): boolean =>
    !networkKindIds.has(kind) && (places.includes(namespace) || (exported.has(kind) && !staysAtHome(object)));
  const found = unreadable.find(matters) ?? ofRevisions.find(matters);
  if (found === undefined) return answer;
  const reason =
    'revision' in found
      ? `has the label istio.io/rev (${found.revision}), and whether the istiod of that revision serves the proxies is not known`
      : `cannot be read (${found.message}), so its effect is unknown`;
  const step: MeshStep = { layer: 'sidecar', object: found.id, verdict: answer.verdict, reason, doubt: 'object' };
  return { ...answer, certain: false, steps: [...answer.steps, step] };
}
