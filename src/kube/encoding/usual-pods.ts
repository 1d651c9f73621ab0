import type { Labels, Pod } from '../../core/model/snapshot.ts';
import {
  flagPart,
  integerPart,
  readInto,
  readMessage,
  sizedPart,
  table,
  type MessageType,
  type ObjectReader,
  type Part,
  type PartsOf,
  type ProtobufReader,
} from '../../../kit/protobuf/reader.ts';
import { compactPod } from '../kinds/compact-pod.ts';
import { isPodPhase } from '../kinds/plain-pod.ts';
import { accountOf } from '../kinds/core-kinds.ts';
import { gateCondition, onePerFamily, readAnnotations, hasNetworkAnnotations, workloadOwner } from '../kinds/pod.ts';
import { sidecarOf } from '../kinds/sidecar.ts';
import { topController } from '../kinds/top-controller.ts';
import { initArgs } from './init-args.ts';
import { firstTextIsAsLongAs, isInstant, startsWithOneOf } from './shared-fields.ts';
import { TextPairs, type SharedTexts } from './shared-texts.ts';

/*
 * Reads what nearly every pod looks like straight into what is kept of it, so that nothing is made in between of a large
 * cluster. Whatever is doubted here is no fault yet: the pod is read once more, by `api-messages.ts`, and judged like one in JSON.
 */

/** A pod that was read; of its object there is no more than tells it from others. */
export class ReadPod {
  readonly metadata: Readonly<Record<'name' | 'namespace' | 'uid' | 'resourceVersion', string>>;
  readonly pod: Pod;

  constructor(metadata: ReadPod['metadata'], pod: Pod) {
    this.metadata = metadata;
    this.pod = pod;
  }
}

/** @param anyPod reads the pods that are in doubt */
export function usualPods(texts: SharedTexts, anyPod: MessageType): ObjectReader {
  const pod = new PodParts();
  const fields = podFields(texts);
  const sidecarIn = lastSidecar(texts);
  return (wire, end) => {
    const start = wire.at;
    pod.clear();
    readInto(fields, pod, wire, end);
    const read = usualPod(pod, texts, sidecarIn);
    if (read !== undefined) return read;
    wire.at = start;
    return readMessage(anyPod, wire, end);
  };
}

/** What the bytes say of one pod; the same object for one pod after another. */
class PodParts {
  name = '';
  namespace = '';
  uid = '';
  resourceVersion = '';
  created = Number.NaN;
  readonly labels = new TextPairs();
  readonly annotations = new TextPairs();
  readonly controller = { kind: '', name: '' };
  serviceAccountName = '';
  serviceAccount = '';
  node = '';
  hostNetwork = false;
  /** Of `istio-init`. */
  initArgs: readonly string[] | undefined = undefined;
  phase = '';
  podIP = '';
  /** The first two of `podIPs`. */
  address = '';
  other = '';
  started = Number.NaN;
  /** Which of metadata, spec and status came: a bit for each. */
  came = 0;
  /** Is there anything that few pods have? */
  isDoubtful = false;

  clear(): void {
    this.name = this.namespace = this.uid = this.resourceVersion = '';
    this.created = this.started = Number.NaN;
    this.labels.clear();
    this.annotations.clear();
    this.controller.kind = this.controller.name = '';
    this.serviceAccountName = this.serviceAccount = this.node = '';
    this.hostNetwork = false;
    this.initArgs = undefined;
    this.phase = this.podIP = this.address = this.other = '';
    this.came = 0;
    this.isDoubtful = false;
  }
}

/** And of the owner that is being read. */
class OwnerParts {
  kind = '';
  name = '';
  controls = false;

  clear(): void {
    this.kind = this.name = '';
    this.controls = false;
  }
}

type Read = (wire: ProtobufReader, end: number) => string;
type Put<T, V> = (into: T, value: V) => void;

const whole: Read = (wire, end) => wire.text(end);
const allThree = 0b111;

function podFields(texts: SharedTexts): PartsOf<PodParts> {
  const shared: Read = (wire, end) => texts.read(wire, end);
  return table({
    1: once('metadata', 0b001, metadataFields(texts, shared)),
    2: once('spec', 0b010, specFields(shared)),
    3: once('status', 0b100, statusFields(shared)),
  });
}

function metadataFields(texts: SharedTexts, shared: Read): PartsOf<PodParts> {
  const owner = new OwnerParts();
  const ownerFields = table<typeof owner>({
    1: filled('kind', shared, (into, text) => void (into.kind = text)),
    3: filled('name', shared, (into, text) => void (into.name = text)),
    6: flagPart('controller', (into, is) => void (into.controls = is)),
  });
  const isRead = startsWithOneOf(readAnnotations);
  return table<PodParts>({
    1: filled('name', whole, (pod, text) => void (pod.name = text)),
    3: filled('namespace', shared, (pod, text) => void (pod.namespace = text)),
    5: filled('uid', whole, (pod, text) => void (pod.uid = text)),
    6: filled('resourceVersion', whole, (pod, text) => void (pod.resourceVersion = text)),
    8: time('creationTimestamp', (pod, seconds) => void (pod.created = seconds)),
    9: doubtful('deletionTimestamp'),
    10: integerPart('deletionGracePeriodSeconds', (pod) => void (pod.isDoubtful = true)),
    11: sizedPart('labels', ({ labels }, wire, end) => texts.readPair(labels, wire, end)),
    12: sizedPart('annotations', ({ annotations }, wire, end) => {
      if (isRead(wire, end)) texts.readPair(annotations, wire, end);
      else wire.at = end;
    }),
    13: sizedPart('ownerReferences', (pod, wire, end) => {
      const { controller } = pod;
      owner.clear();
      readInto(ownerFields, owner, wire, end);
      if (owner.kind === '' || owner.name === '') pod.isDoubtful = true;
      if (!owner.controls || controller.kind !== '') return;
      controller.kind = owner.kind;
      controller.name = owner.name;
    }),
  });
}

function specFields(shared: Read): PartsOf<PodParts> {
  return table<PodParts>({
    8: filled('serviceAccountName', shared, (pod, text) => void (pod.serviceAccountName = text)),
    9: filled('serviceAccount', shared, (pod, text) => void (pod.serviceAccount = text)),
    10: filled('nodeName', shared, (pod, text) => void (pod.node = text)),
    11: flagPart('hostNetwork', (pod, is) => void (pod.hostNetwork = is)),
    20: initArgs(),
    28: doubtful('readinessGates'),
  });
}

function statusFields(shared: Read): PartsOf<PodParts> {
  const podIP = { ip: '' };
  const podIPFields = table<typeof podIP>({ 1: filled('ip', whole, (into, text) => void (into.ip = text)) });
  const mayBeGate = firstTextIsAsLongAs(gateCondition);
  return table<PodParts>({
    1: filled('phase', shared, (pod, text) => void (pod.phase = text)),
    2: sizedPart('conditions', (pod, wire, end) => {
      if (mayBeGate(wire, end)) pod.isDoubtful = true;
      wire.at = end;
    }),
    4: filled('reason', whole, (pod) => void (pod.isDoubtful = true)),
    6: filled('podIP', whole, (pod, text) => void (pod.podIP = text)),
    7: time('startTime', (pod, seconds) => void (pod.started = seconds)),
    12: sizedPart('podIPs', (pod, wire, end) => {
      podIP.ip = '';
      readInto(podIPFields, podIP, wire, end);
      if (pod.address === '') pod.address = podIP.ip;
      else if (pod.other === '') pod.other = podIP.ip;
      else pod.isDoubtful = true;
      if (podIP.ip === '') pod.isDoubtful = true;
    }),
  });
}

/** A message that came twice is in doubt: a server sends none twice. */
function once(name: string, bit: number, fields: PartsOf<PodParts>): Part<PodParts> {
  return sizedPart(name, (pod, wire, end) => {
    if ((pod.came & bit) !== 0) pod.isDoubtful = true;
    pod.came |= bit;
    readInto(fields, pod, wire, end);
  });
}

/** A text, unless it is empty. */
function filled<T>(name: string, read: Read, put: Put<T, string>): Part<T> {
  return sizedPart(name, (into, wire, end) => {
    if (wire.at < end) put(into, read(wire, end));
  });
}

/** Seconds since the epoch; an empty message is no time. */
function time(name: string, put: Put<PodParts, number>): Part<PodParts> {
  const of = { seconds: 0 };
  const fields = table<typeof of>({ 1: integerPart('seconds', (into, seconds) => void (into.seconds = seconds)) });
  return sizedPart(name, (pod, wire, end) => {
    if (wire.at === end) return;
    of.seconds = 0;
    readInto(fields, of, wire, end);
    put(pod, of.seconds);
  });
}

function doubtful(name: string): Part<PodParts> {
  return sizedPart(name, (pod, wire, end) => {
    pod.isDoubtful = true;
    wire.at = end;
  });
}

/** What annotations and `istio-init` say of a sidecar, `more` if annotations say something else as well. */
type SidecarIn = (annotations: Labels, initArgs: readonly string[] | undefined) => Labels | undefined | 'more';

/** Most pods of a cluster say the same of theirs: what the last one said is remembered. */
function lastSidecar(texts: SharedTexts): SidecarIn {
  let last: Labels | undefined;
  let lastArgs: readonly string[] | undefined;
  let remembered: ReturnType<SidecarIn>;
  return (annotations, initArgs) => {
    if (annotations !== last || initArgs !== lastArgs) {
      const { sidecar } = sidecarOf(annotations, initArgs);
      remembered = hasNetworkAnnotations(annotations) ? 'more' : sidecar && texts.labels(sidecar);
      last = annotations;
      lastArgs = initArgs;
    }
    return remembered;
  };
}

/** Of most pods one, which is there twice. */
function addressesIn({ address, other, podIP }: PodParts): readonly string[] {
  if (other === '' && (podIP === '' || podIP === address)) return address === '' ? [] : [address];
  return [address, other, podIP].filter((text) => text !== '');
}

/** Undefined: the pod is in doubt. */
function usualPod(parts: PodParts, texts: SharedTexts, sidecarIn: SidecarIn): ReadPod | undefined {
  const { name, namespace, uid, resourceVersion, phase, created, started } = parts;
  if (parts.isDoubtful || parts.came !== allThree || name === '' || namespace === '' || uid === '') return undefined;
  if (!isPodPhase(phase) || phase === 'Failed' || !isInstant(created) || !isInstant(started)) return undefined;
  const addresses = onePerFamily(addressesIn(parts));
  const labels = texts.labelsOf(parts.labels);
  const sidecar = sidecarIn(texts.labelsOf(parts.annotations), parts.initArgs);
  if (addresses === undefined || sidecar === 'more' || Object.hasOwn(labels, '__proto__')) return undefined;
  const { kind } = parts.controller;
  const { workload, workloadBy } = topController(
    workloadOwner(kind === '' ? undefined : parts.controller, name),
    labels,
  );
  const pod = compactPod({
    uid,
    namespace,
    name,
    labels,
    serviceAccount: accountOf(parts),
    node: parts.node,
    hostNetwork: parts.hostNetwork,
    phase,
    deleting: false,
    addresses,
    created: texts.time(created),
    started,
    workload: texts.text(workload),
    workloadBy,
    sidecar,
  });
  return new ReadPod({ name, namespace, uid, resourceVersion }, pod);
}
