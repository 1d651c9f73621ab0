import { evaluateMesh } from '../mesh/evaluate.ts';
import type { MeshAnswer } from '../mesh/answer.ts';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import { namespaceLabels } from '../values/selector.ts';
import { readIntent, type Answer } from '../intent/intent.ts';
import { covers, type Layers } from '../layers.ts';
import { hasEnded } from '../values/pods.ts';
import { meshMode } from '../mesh/mode.ts';
import { flowSetOf } from '../flows/probes.ts';
import { sharedAddresses } from '../values/claims.ts';
import { sourcesIn } from '../perimeter/sources.ts';
import { clientOf, clusterStep } from './cluster-step.ts';
import { atPerimeter } from './perimeter-steps.ts';
import { divertedSentence, isElsewhere, withDiversion } from './diverted.ts';
import { obstacleOf, type Obstacle } from './obstacle.ts';
import { sentenceOf } from './sentence.ts';
import { whoHas, withinCluster } from './within-cluster.ts';
import type { AskedFlow, DesiredPoint, Question, Step, Why } from './step.ts';

/** Walks one flow from its pod through every layer, to the rule that stops it or the last that lets it out. */
export function whyOf(layers: Layers, question: Question): Why {
  const { pod, flow, points } = question;
  const inside = whoHas(layers, flow);
  if (inside !== undefined) return withinCluster(layers, question, inside);
  const labels = labelsIn(layers, pod.namespace);
  const answer = inMesh(layers, pod, flow);
  const outside = answer === undefined ? flow : outsideOf(flow, answer);
  const asked = intentOf(layers, pod, flow);
  const onward = answer === undefined ? asked : intentOf(layers, pod, outside);
  // Where the mesh makes the TLS, what leaves is another port than was asked for, and it is what policies speak of.
  const intent = asked.answer.verdict === 'Deny' && answer?.diversion?.changes !== 'host' ? onward : asked;
  const outer =
    answer?.verdict === 'Deny' || hasEnded(pod)
      ? []
      : perimeterSteps(layers, question, { answer, outside, intent: onward.answer });
  const after = [...ended(pod), ...meshSteps(layers, answer, labels), ...outer];
  const diverted = answer?.diversion && {
    diversion: answer.diversion,
    asked: intent.answer,
    onward: onward.answer,
    steps: after,
  };
  const way = diverted ? withDiversion(diverted) : after;
  const steps = [intent.step, ...way, ...observing(points, labels)];
  const decided = after.length > 0;
  const verdict = decided ? verdictOf(steps.slice(1)) : intent.answer.verdict;
  const { policy, tier } = intent.answer;
  const told = { pod, flow, verdict, intent: intent.answer, steps };
  const sentence = diverted && isElsewhere(diverted) ? divertedSentence(told, diverted) : sentenceOf(told);
  return { verdict, policy, tier, layers: steps, sentence };
}

/** One that stops it is enough; without one, one of which nobody knows leaves it unknown. */
function verdictOf(steps: readonly Step[]): Why['verdict'] {
  if (steps.some(({ verdict }) => verdict === 'Deny')) return 'Deny';
  return steps.some(({ verdict }) => verdict === 'Unknown') ? 'Unknown' : 'Accept';
}

function intentOf(layers: Layers, pod: Pod, outside: AskedFlow): { readonly answer: Answer; readonly step: Step } {
  const { snapshot, remaining } = layers;
  const flows = flowSetOf(outside);
  const answer = readIntent(ofNamespace(layers, pod), remaining)(pod).judge(flows);
  const obstacle = answer.verdict === 'Deny' ? obstacleOf(snapshot, remaining, pod, flows) : undefined;
  return { answer, step: intentStep(answer, obstacle) };
}

interface Onward {
  readonly answer: MeshAnswer | undefined;
  readonly outside: AskedFlow;
  readonly intent: Answer;
}

function perimeterSteps(
  layers: Layers,
  { pod, points }: Question,
  { answer, outside, intent }: Onward,
): readonly Step[] {
  const labels = labelsIn(layers, pod.namespace);
  const gateway = answer?.sourceSeenOutside === 'gateway' ? answer.gateway : '';
  const vantages = layers.perimeters.map(({ point }) => point.spec.vantage);
  const shared = sharedAddresses(layers.snapshot.pods).find(({ address }) => pod.addresses.includes(address));
  const sources = sourcesIn(layers.snapshot, layers.mesh, vantages);
  return layers.perimeters
    .filter(({ point }) => covers(point, labels))
    .flatMap((perimeter) => {
      const { vantage } = perimeter.point.spec;
      const seen = gateway === '' ? sources.ofPod(pod, vantage) : sources.ofGateway(gateway, vantage);
      return atPerimeter({ perimeter, pod, flow: outside, gateway, seen, intent, points, shared });
    });
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
  const client = { ...clientOf(pod), meshed: meshMode(pod, labels, covering) };
  return evaluateMesh(layers.mesh).judge(client, { host, address, port, protocol, appProtocol: speaks });
}

function meshSteps({ inMesh: points }: Layers, answer: MeshAnswer | undefined, labels: Labels): Step[] {
  const covering = points.filter(({ point }) => covers(point, labels));
  return (answer?.steps ?? []).map((step) => {
    const own = covering.find(({ mode }) => (mode === 'none') === (step.layer === 'network-policy'));
    return clusterStep(step, own?.point.metadata.name ?? null);
  });
}

function outsideOf({ protocol, speaks }: AskedFlow, { outside, diversion }: MeshAnswer): AskedFlow {
  const { host, address, port } = diversion?.to ?? outside;
  return {
    port,
    protocol,
    ...(host !== '' && { host }),
    ...(address !== '' && { address }),
    ...(speaks !== undefined && { speaks }),
  };
}

/** A pod that has ended opens no connections, whatever would become of them. */
function ended(pod: Pod): readonly Step[] {
  if (!hasEnded(pod)) return [];
  const { phase, failedBy } = pod;
  const fate = failedBy === 'Evicted' ? 'has been evicted' : `has ended (${failedBy ?? phase})`;
  const reason = `the pod ${fate}: it opens no connections, and its address is not its own any more`;
  const advice = 'ask about the pod that replaces it, and delete this one';
  return [{ layer: 'source', point: null, verdict: 'Deny', rule: '', reason, advice }];
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
