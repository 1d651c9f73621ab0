import { egressAddressesIn } from '../egress-addresses/objects.ts';
import { evaluateMesh } from '../mesh/evaluate.ts';
import type { MeshAnswer, MeshClient, MeshStep } from '../mesh/answer.ts';
import type { Rule } from '../../core/model/desired.ts';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import { namespaceLabels } from '../values/selector.ts';
import { readIntent, type Answer } from '../intent/intent.ts';
import { covers, type Layers } from '../layers.ts';
import { hasEnded } from '../values/pods.ts';
import { meshMode } from '../mesh/mode.ts';
import { readNetwork } from '../network/network.ts';
import { flowSetOf, sameFamily } from '../flows/probes.ts';
import { attachedIn } from '../values/attachments.ts';
import { sharedAddresses } from '../values/claims.ts';
import { secondaryNetworkIn } from '../perimeter/secondary-network.ts';
import { lazily } from '../../core/model/lazily.ts';
import { sourcesIn } from '../perimeter/sources.ts';
import { clientOf, clusterStep } from './cluster-step.ts';
import { atPerimeter } from './perimeter-steps.ts';
import { basesOf } from './bases.ts';
import { divertedSentence, isElsewhere, withDiversion, withEndpoint, type Diverted } from './diverted.ts';
import { obstacleOf, type Obstacle } from './obstacle.ts';
import { proxySteps } from './proxy-step.ts';
import { reportedRule, withReportOf, type Reported } from './reported.ts';
import { withResolution } from './resolution.ts';
import { sentenceOf, targetOf } from './sentence.ts';
import { asOriginated, withStatedAppProtocol } from './app-protocol.ts';
import { whoHas, withinCluster } from './within-cluster.ts';
import type { AskedFlow, DesiredPoint, LayersOnce, Question, Step, Why } from './step.ts';

/** Walks one flow from its pod through every layer, to the rule that stops it or the last that lets it out. */
export function whyOf(layers: Layers, question: Question): Why {
  const { mesh } = layers;
  if (mesh === undefined) return walk(layers, question);
  const network = lazily(() => readNetwork(mesh.network));
  const why = walk({ ...layers, evaluator: lazily(() => evaluateMesh(mesh, network())) }, question);
  return withResolution(why, layers, network, question, meshedIn(layers, question.pod));
}

function walk(layers: LayersOnce, question: Question): Why {
  const { pod, flow } = question;
  const egressAddresses = egressAddressesIn(
    (layers.snapshot.egressSources ?? []).map(({ object }) => object),
    layers.snapshot,
  );
  const restsOn = basesOf(question, labelsIn(layers, pod.namespace), egressAddresses);
  const inside = whoHas(layers, flow);
  if (inside === undefined) return { ...outOfCluster(layers, question), restsOn };
  const { whom, onward } = inside;
  const answers = onward.map((leaving) => outOfCluster(layers, { ...question, flow: leaving }));
  const answer = answers.find(({ verdict }) => verdict !== 'Accept') ?? answers[0];
  if (answer === undefined) return { ...withinCluster(layers, { ...question, flow: inside.flow }, whom), restsOn };
  const sentence = `${targetOf(pod, flow)} goes to ${whom}, whose endpoints are outside the cluster. ${answer.sentence}`;
  return { ...answer, sentence, restsOn };
}

function outOfCluster(layers: LayersOnce, question: Question): Omit<Why, 'restsOn'> {
  const { pod, flow, points } = question;
  const { intent, way, diverted, claim } = wayOut(layers, question);
  const watching = observing(points, labelsIn(layers, pod.namespace));
  const steps = [intent.step, ...way, ...watching];
  // Without a point the intent has the only word; points that only observe leave the flow to others.
  const verdict = way.length + watching.length > 0 ? verdictOf(steps.slice(1)) : intent.answer.verdict;
  const { policy, tier } = intent.answer;
  const told = { pod, flow, verdict, intent: intent.answer, steps, claim };
  const sentence = diverted && isElsewhere(diverted) ? divertedSentence(told, diverted) : sentenceOf(told);
  return { verdict, policy, tier, layers: steps, sentence };
}

interface WayOut {
  /** What the intent says of the flow, and of what it becomes. */
  readonly intent: ReturnType<typeof intentOf>;
  readonly way: readonly Step[];
  readonly diverted: Diverted | undefined;
  /** It goes that way only if it names another host. */
  readonly claim?: MeshAnswer['claim'];
}

function wayOut(layers: LayersOnce, question: Question): WayOut {
  const { pod } = question;
  const flow = withStatedAppProtocol(question.flow, ofNamespace(layers, pod));
  const asked = intentOf(layers, pod, flow);
  if (hasEnded(pod)) return { intent: asked, way: [endedStep(pod)], diverted: undefined };
  const answer = inMesh(layers, pod, flow, asked.answer.verdict === 'Accept');
  if (answer === undefined) {
    const met = { answer, outside: flow, intent: asked.answer };
    return { intent: asked, way: perimeterSteps(layers, question, met), diverted: undefined };
  }
  const { diversion } = answer;
  const stopped = answer.verdict === 'Deny' && diversion === undefined;
  // Where the mesh makes the TLS, what leaves is another port than was asked for, and it is what policies speak of.
  const outside = (stopped ? asOriginated(flow, layers.snapshot) : undefined) ?? outsideOf(flow, answer);
  const onward = intentOf(layers, pod, outside);
  const met = { answer, outside, intent: onward.answer };
  const steps = [
    ...meshSteps(layers, question, answer),
    ...proxySteps(question.points, pod, answer),
    ...(answer.verdict === 'Deny' ? [] : perimeterSteps(layers, question, met)),
  ];
  const intent = asked.answer.verdict === 'Deny' && diversion?.changes !== 'host' ? onward : asked;
  if (diversion === undefined && intent.answer.verdict === 'Accept' && onward.answer.verdict === 'Deny')
    return { intent, way: withEndpoint(steps, outside), diverted: undefined };
  const diverted = diversion && { diversion, asked: intent.answer, onward: onward.answer, steps };
  return { intent, way: diverted ? withDiversion(diverted) : steps, diverted, claim: answer.claim };
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
  { pod, points, live }: Question,
  { answer, outside, intent }: Onward,
): readonly Step[] {
  const labels = labelsIn(layers, pod.namespace);
  const gateway = answer?.sourceSeenOutside === 'gateway' ? answer.gateway : '';
  const vantages = layers.perimeters.map(({ point }) => point.spec.vantage);
  // Of two families the one that it lost is told.
  const claimed = sharedAddresses(layers.snapshot.pods).filter(
    ({ address }) => pod.addresses.includes(address) && sameFamily(address, outside),
  );
  const shared = claimed.find(({ owner }) => owner !== pod) ?? claimed[0];
  const attachedOn = attachedIn(layers.snapshot);
  const sources = sourcesIn(layers.snapshot, layers.mesh, vantages);
  return layers.perimeters
    .filter(({ point }) => covers(point, labels))
    .flatMap((perimeter) => {
      const { vantage } = perimeter.point.spec;
      const reported = (rule: Rule | undefined): Reported | undefined =>
        live ? undefined : reportedRule(layers.snapshot, perimeter.point, rule);
      const toward = gateway === '' ? sources.toward(pod, vantage) : undefined;
      const own = toward ? toward.of(outside) : sources.ofPod(pod, vantage);
      const seen = gateway === '' ? own : sources.ofGateway(gateway, vantage);
      const attached = vantage.network && attachedOn(pod, vantage.network);
      const arrival = {
        perimeter,
        pod,
        flow: outside,
        gateway,
        astray: (gateway !== '' || layers.mesh === undefined) && sources.isAstray(gateway, vantage),
        seen,
        toward,
        intent,
        points,
        shared,
        attached,
        reported,
      };
      return atPerimeter(arrival);
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

/** What nobody wants may leave under the name of another host. What is wanted names nothing but itself. */
function inMesh(
  layers: LayersOnce,
  pod: Pod,
  { host, address, port, protocol, speaks }: AskedFlow,
  isWanted: boolean,
): MeshAnswer | undefined {
  if (layers.evaluator === undefined) return undefined;
  const client = {
    ...clientOf(pod),
    meshed: meshedIn(layers, pod),
    secondaryNetwork: secondaryNetworkIn(layers)(pod),
  };
  const { judge, judgeClaiming } = layers.evaluator();
  const target = { host, address, port, protocol, appProtocol: speaks };
  const answer = judge(client, target);
  return answer.verdict === 'Accept' || isWanted ? answer : (judgeClaiming(client, target) ?? answer);
}

function meshedIn(layers: Layers, pod: Pod): MeshClient['meshed'] {
  const labels = labelsIn(layers, pod.namespace);
  const covering = layers.inMesh.filter(({ point }) => covers(point, labels));
  return meshMode(pod, labels, covering);
}

function meshSteps(layers: Layers, { pod, live }: Question, answer: MeshAnswer): Step[] {
  const labels = labelsIn(layers, pod.namespace);
  const covering = layers.inMesh.filter(({ point }) => covers(point, labels));
  return unsettled(answer.steps).map((step) => {
    const own = covering.find(({ mode }) => (mode === 'none') === (step.layer === 'network-policy'))?.point;
    const told = clusterStep(step, own?.metadata.name ?? null);
    return live ? told : withReportOf(own, told);
  });
}

/** What stops a flow may not stop it where an object that nobody can read has a say, too: that one is told first. */
function unsettled(steps: MeshAnswer['steps']): MeshAnswer['steps'] {
  if (steps.at(-1)?.doubt !== 'object') return steps;
  const isFirm = ({ verdict, doubt }: MeshStep): boolean => verdict === 'Deny' && doubt === undefined;
  const firm = steps.filter(isFirm).map((step): MeshStep => ({ ...step, doubt: 'object' }));
  return [...steps.filter((step) => !isFirm(step)), ...firm];
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
function endedStep({ phase, failedBy }: Pod): Step {
  const fate = failedBy === 'Evicted' ? 'has been evicted' : `has ended (${failedBy ?? phase})`;
  const reason = `the pod ${fate}: it opens no connections, and no longer owns its address`;
  const advice = 'ask about the pod that replaces it, and delete this one';
  return { layer: 'source', point: null, verdict: 'Deny', rule: '', reason, advice };
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
      reason: 'it is in mode Observe, so no Postern rule is in force there (mode: Enforce puts them in force)',
    }));
}
