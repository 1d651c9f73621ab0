import { z } from 'zod';
import type { Pod } from '../../core/model/snapshot.ts';
import type { Layers } from '../layers.ts';
import type { MeshClient } from '../mesh/answer.ts';
import { podOf } from '../mesh/evaluate.ts';
import type { NetworkAnswer } from '../network/decide.ts';
import type { Reached } from '../network/ends/cluster.ts';
import type { OutsideEnd } from '../network/ends/ends.ts';
import type { ServiceBehind } from '../network/ends/services.ts';
import type { Network } from '../network/network.ts';
import { host, list, maybe, text, texts } from '../values/fields.ts';
import { hasEnded } from '../values/pods.ts';
import { clientOf } from './cluster-step.ts';
import { because } from './sentence.ts';
import type { Question, Step, Why } from './step.ts';

/** How the pod is in the mesh: proxies may answer names themselves. */
type Meshed = MeshClient['meshed'];

/**
 * The answer about a flow to a name, with who closes the way to the DNS of the cluster: what is allowed to a name is of no
 * use to a pod that cannot look it up. The verdict stays that of the flow. Nothing is said where it is not known who answers.
 */
export function withResolution<W extends Pick<Why, 'layers' | 'sentence' | 'verdict'>>(
  why: W,
  layers: Layers,
  network: () => Network,
  { pod, object, flow }: Question,
  meshed: Meshed,
): W {
  if (flow.host === undefined || hasEnded(pod)) return why;
  const itself = resolvesByItself(layers, { pod, object }, flow.host);
  const step = itself === 'yes' ? undefined : resolutionStep(layers, network, { pod, meshed, itself });
  if (step === undefined) return why;
  const { verdict, advice = '' } = step;
  const may = verdict === 'Deny' ? 'cannot' : 'may not be able to';
  const also = why.verdict === 'Accept' ? 'But' : 'Besides,';
  const sentence = `${why.sentence} ${also} the application ${may} resolve ${flow.host}: ${because(step)}; ${advice}.`;
  const [first] = why.layers;
  return { ...why, layers: why.layers.toSpliced(first?.layer === 'intent' ? 1 : 0, 0, step), sentence };
}

interface Asking {
  readonly pod: Pod;
  readonly meshed: Meshed;
  readonly itself: 'no' | 'unknown';
}

function resolutionStep(layers: Layers, network: () => Network, asking: Asking): Step | undefined {
  const { pod, meshed } = asking;
  const resolvers = resolversOf(layers);
  if (resolvers === undefined) return undefined;
  const { connects, leaves } = network();
  const from = podOf({ ...clientOf(pod), meshed }, network());
  const over = (protocol: 'UDP' | 'TCP'): NetworkAnswer | undefined =>
    loosest(resolvers.ends(protocol).map(({ end, wire }) => connects(from, end, wire)));
  const [udp, tcp] = [over('UDP'), over('TCP')];
  if (udp?.allowed !== 'no') return undefined;
  const { hasCache, name } = resolvers;
  if (hasCache && leaves(from, cacheOnNode, { port: 53, protocol: 'UDP' }).allowed === 'yes') return undefined;
  const isCalled = leaves(from, resolvers.service, { port: 53, protocol: 'UDP' }).allowed === 'yes';
  const isByAddress = isCalled && udp.object.startsWith(`NetworkPolicy/${pod.namespace}/`);
  const doubt = doubtOf(tcp, asking, { hasCache, isByAddress });
  const protocols = tcp?.allowed === 'no' ? 'UDP and TCP' : 'UDP';
  const closed = `${udp.reason}, so the pod does not reach port 53 (${protocols}) of ${name}, the DNS of the cluster`;
  return {
    layer: 'dns',
    point: null,
    verdict: doubt === undefined ? 'Deny' : 'Unknown',
    rule: udp.object,
    reason: `${closed}${doubt === undefined ? '' : `; ${doubt}`}`,
    advice: `permit it in a network policy, unless the pod has another resolver`,
  };
}

function doubtOf(
  tcp: NetworkAnswer | undefined,
  { meshed, itself }: Asking,
  { hasCache, isByAddress }: { readonly hasCache: boolean; readonly isByAddress: boolean },
): string | undefined {
  // https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-ipblock-selectors
  if (isByAddress)
    return 'the address of its Service is permitted, by which some network plugins go, and others do not';
  if (tcp?.allowed !== 'no') return 'over TCP it may, but resolvers ask over UDP first';
  if (itself === 'unknown') return 'the pod may have another resolver: its dnsPolicy is not known here';
  if (meshed !== 'none') return 'its proxy may answer names of the mesh without it';
  return hasCache ? 'a cache on its node may answer all the same' : undefined;
}

/** The address that node-local DNS caches listen on unless somebody chose another one. */
const cacheOnNode = outside('169.254.20.10');

function outside(address: string): OutsideEnd {
  return { kind: 'outside', host: undefined, address };
}

interface Resolvers {
  /** `kube-system/kube-dns` */
  readonly name: string;
  /** Its address, as plugins meet it that go by what the pod asked for. */
  readonly service: OutsideEnd;
  /** The pods behind it, and the port that they listen on. */
  readonly ends: (protocol: 'UDP' | 'TCP') => readonly Reached[];
  /** Do nodes have caches of their own? */
  readonly hasCache: boolean;
}

/** Who answers in most clusters, and in OpenShift; undefined: none of them is in the input, or not with its pods. */
function resolversOf({ cluster, snapshot: { pods } }: Layers): Resolvers | undefined {
  const known = cluster?.();
  const service = known?.services.find(isClusterDns);
  const address = service?.addresses[0];
  if (known === undefined || service === undefined || address === undefined) return undefined;
  const ends: Resolvers['ends'] = (protocol) =>
    known.endsOf(address, { port: 53, protocol }).filter(({ end }) => end.kind === 'pod');
  const hasCache = pods.some(({ labels }) => labels['k8s-app'] === 'node-local-dns');
  return { name: `${service.namespace}/${service.name}`, service: outside(address), ends, hasCache };
}

function isClusterDns({ namespace, name, labels, ports }: ServiceBehind): boolean {
  // Caches on nodes ask under a name of their own, which no pod does.
  const isCalledSo = name === 'kube-dns' || (labels['k8s-app'] === 'kube-dns' && name !== 'kube-dns-upstream');
  const isKubeDns = namespace === 'kube-system' && isCalledSo;
  const isOpenShift = namespace === 'openshift-dns' && name === 'dns-default';
  return (isKubeDns || isOpenShift) && ports.some(({ port, protocol }) => port === 53 && protocol === 'UDP');
}

const written = z.object({
  metadata: z.object({ name: text, namespace: maybe(text) }),
  spec: z.object({
    dnsPolicy: maybe(text),
    dnsConfig: maybe(z.object({ nameservers: texts })),
    hostAliases: list(z.object({ hostnames: list(host) })),
  }),
});

/** Does a pod know the name without the DNS of the cluster? Unknown without its object: of a workload in files there is a template only. */
function resolvesByItself(
  { mesh }: Layers,
  { pod: { namespace, name }, object }: Pick<Question, 'pod' | 'object'>,
  asked: string,
): 'yes' | 'no' | 'unknown' {
  const given = object === undefined ? (mesh?.network.byKind.get('/Pod') ?? []) : [object];
  const objects = given.flatMap((one) => written.safeParse(one).data ?? []);
  const own = objects.find(({ metadata }) => metadata.name === name && (metadata.namespace ?? 'default') === namespace);
  if (own === undefined) return 'unknown';
  const { dnsPolicy = 'ClusterFirst', dnsConfig, hostAliases } = own.spec;
  const hasOthers = !dnsPolicy.startsWith('ClusterFirst') || (dnsConfig?.nameservers ?? []).length > 0;
  return hasOthers || hostAliases.some(({ hostnames }) => hostnames.includes(asked)) ? 'yes' : 'no';
}

/** Of several resolvers one that answers is enough; undefined: there is none. */
function loosest(answers: readonly NetworkAnswer[]): NetworkAnswer | undefined {
  return (['yes', 'unknown', 'no'] as const)
    .map((one) => answers.find(({ allowed }) => allowed === one))
    .find((one) => one !== undefined);
}
