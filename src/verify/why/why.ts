import { evaluateMesh } from '../mesh/evaluate.ts';
import type { MeshAnswer, MeshClient } from '../mesh/answer.ts';
import type { Verdict } from '../../core/model/desired.ts';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import { namespaceLabels } from '../values/selector.ts';
import { readIntent, type Answer } from '../intent/intent.ts';
import { covers, type Layers } from '../layers.ts';
import { meshMode } from '../mesh/mode.ts';
import { flowSetOf } from '../flows/probes.ts';
import { sourcesIn } from '../perimeter/sources.ts';
import { atPerimeter, type DesiredPoint } from './perimeter-steps.ts';
import { obstacleOf, type Obstacle } from './obstacle.ts';
import { sentenceOf } from './sentence.ts';
import type { AskedFlow, Step } from './step.ts';

export interface Question {
  readonly pod: Pod;
  readonly flow: AskedFlow;
  /** What is wanted of the points, for the groups behind their rules; and those that only observe. */
  readonly points: readonly DesiredPoint[];
}

export interface Why {
  /** Does the flow get out, through every layer? */
  readonly verdict: Verdict;
  /** What the intent rests on. */
  readonly policy: string | null;
  readonly tier: Answer['tier'];
  readonly layers: readonly Step[];
  readonly sentence: string;
}

/** Walks one flow from its pod through every layer, to the rule that stops it or the last that lets it out. */
export function whyOf(layers: Layers, { pod, flow, points }: Question): Why {
  const { snapshot, remaining } = layers;
  const labels = labelsIn(layers, pod.namespace);
  const answer = inMesh(layers, pod, flow);
  // Where the mesh makes the TLS, what leaves is another port than was asked for, and it is what policies speak of.
  const outside = answer?.verdict === 'Accept' ? outsideOf(flow, answer) : flow;
  const flows = flowSetOf(outside);
  const intent = readIntent(ofNamespace(layers, pod), remaining)(pod).judge(flows);
  const obstacle = intent.verdict === 'Deny' ? obstacleOf(snapshot, remaining, pod, flows) : undefined;
  const steps = [intentStep(intent, obstacle), ...meshSteps(layers, answer, labels)];
  const gateway = answer?.sourceSeenOutside === 'gateway' ? answer.gateway : '';
  const vantages = layers.perimeters.map(({ point }) => point.spec.vantage);
  const sources = sourcesIn(snapshot, layers.mesh, vantages);
  const outer =
    answer?.verdict === 'Deny'
      ? []
      : layers.perimeters
          .filter(({ point }) => covers(point, labels))
          .flatMap((perimeter) => {
            const { vantage } = perimeter.point.spec;
            const seen = gateway === '' ? sources.ofPod(pod, vantage) : sources.ofGateway(gateway, vantage);
            return atPerimeter({ perimeter, pod, flow: outside, gateway, seen, intent, points });
          });
  const all = [...steps, ...outer, ...observing(points, labels)];
  const stopped = all.slice(1).some(({ verdict }) => verdict === 'Deny');
  const decided = answer !== undefined || outer.length > 0 ? !stopped : intent.verdict === 'Accept';
  const verdict = decided ? 'Accept' : 'Deny';
  const { policy, tier } = intent;
  return { verdict, policy, tier, layers: all, sentence: sentenceOf({ pod, flow, verdict, intent, steps: all }) };
}

/** Policies of other namespaces are about nobody here. */
function ofNamespace({ snapshot }: Layers, { namespace }: Pod): Layers['snapshot'] {
  const egressPolicies = snapshot.egressPolicies.filter(({ metadata }) => metadata.namespace === namespace);
  return { ...snapshot, egressPolicies };
}

function labelsIn({ snapshot }: Layers, namespace: string): Labels {
  return namespaceLabels(namespace, snapshot.namespaces.find(({ name }) => name === namespace)?.labels);
}

function intentStep({ verdict, policy, field, tier }: Answer, obstacle: Obstacle | undefined): Step {
  const base = {
    layer: 'intent',
    point: null,
    verdict,
    rule: policy === null ? 'default' : `${policy} ${field}`,
  } as const;
  if (verdict === 'Accept')
    return { ...base, reason: policy === null ? 'the default accepts it' : `permits it (${tier})` };
  if (policy !== null)
    return { ...base, reason: `denies it (${tier})`, advice: `change ${policy} if it should be permitted` };
  return {
    ...base,
    reason: `no policy permits it${obstacle ? `: ${obstacle.reason}` : ''}`,
    ...(obstacle && { advice: obstacle.advice }),
  };
}

function inMesh(
  layers: Layers,
  pod: Pod,
  { host, address, port, protocol, speaks }: AskedFlow,
): MeshAnswer | undefined {
  if (layers.mesh === undefined) return undefined;
  const labels = labelsIn(layers, pod.namespace);
  const covering = layers.inMesh.filter(({ point }) => covers(point, labels));
  const { namespace, serviceAccount, addresses } = pod;
  const client: MeshClient = {
    namespace,
    podLabels: pod.labels,
    serviceAccount,
    addresses,
    meshed: meshMode(pod, labels, covering),
  };
  return evaluateMesh(layers.mesh).judge(client, { host, address, port, protocol, appProtocol: speaks });
}

function meshSteps({ inMesh: points }: Layers, answer: MeshAnswer | undefined, labels: Labels): Step[] {
  const covering = points.filter(({ point }) => covers(point, labels));
  return (answer?.steps ?? []).map(({ layer, object, verdict, reason }) => {
    const own = covering.find(({ mode }) => (mode === 'none') === (layer === 'network-policy'));
    const advice =
      verdict === 'Deny' ? { advice: 'look at the object, and at `postern drift` if it is one of ours' } : {};
    return { layer, point: own?.point.metadata.name ?? null, verdict, rule: object, reason, ...advice };
  });
}

function outsideOf({ protocol, speaks }: AskedFlow, { outside: { host, address, port } }: MeshAnswer): AskedFlow {
  return {
    port,
    protocol,
    ...(host !== '' && { host }),
    ...(address !== '' && { address }),
    ...(speaks !== undefined && { speaks }),
  };
}

/** Points that only observe stop nothing and let nothing out. */
function observing(points: readonly DesiredPoint[], labels: Labels): Step[] {
  return points
    .filter(({ point }) => point.spec.mode === 'Observe' && covers(point, labels))
    .map(({ point: { metadata } }) => ({
      layer: 'perimeter',
      point: metadata.name,
      verdict: 'Accept',
      rule: '',
      reason: 'it only observes, so that nothing of ours is in force there (mode: Enforce puts it in force)',
    }));
}
