import { gateCondition, readAnnotations } from '../kinds/pod.ts';
import { initContainer } from '../kinds/sidecar.ts';
import {
  flag,
  integer,
  list,
  message,
  nested,
  nonEmpty,
  text,
  textMap,
  type Field,
  type Message,
  type MessageType,
  type ObjectReader,
} from '../../../kit/protobuf/reader.ts';
import { firstTextIsAsLongAs, ifWanted, pairs, shared, startsWithOneOf, time, type Wanted } from './shared-fields.ts';
import { TextPairs, type SharedTexts } from './shared-texts.ts';

/*
 * The fields that are read of the API's messages, under their JSON names. The numbers are those of
 * k8s.io/api/core/v1/generated.proto and k8s.io/apimachinery/pkg/{apis/meta/v1,runtime}/generated.proto; the API never changes
 * them. `test/integration/kube-protobuf.test.ts` compares them with a real API server.
 */

export type CoreMessages = Readonly<Record<'namespaces' | 'serviceaccounts' | 'nodes' | 'pods', MessageType>>;

/** The kinds that are read as protobuf, by plural. Custom resources have no protobuf form. */
export function coreMessages(texts: SharedTexts): CoreMessages {
  const metadata = metadataField(texts, () => true);
  const metadataOnly = message({ 1: metadata });
  return {
    namespaces: metadataOnly,
    serviceaccounts: metadataOnly,
    nodes: message({ 1: metadata, 3: nested('status', message({ 5: list(nested('addresses', nodeAddress)) })) }),
    pods: podMessage(texts),
  };
}

const nodeAddress = message({ 1: text('type'), 2: text('address') });
const container = message({ 1: text('name'), 3: list(text('command')), 4: list(text('args')) });
const condition = message({ 1: text('type'), 2: text('status') });

function podMessage(texts: SharedTexts): MessageType {
  const spec = message({
    8: shared('serviceAccountName', texts),
    9: shared('serviceAccount', texts),
    10: shared('nodeName', texts),
    11: flag('hostNetwork'),
    20: list(ifWanted(startsWithOneOf([initContainer]), nested('initContainers', container))),
    28: list(nested('readinessGates', message({ 1: text('conditionType') }))),
  });
  const status = message({
    1: shared('phase', texts),
    // Every pod has several conditions, and few have ours.
    2: list(ifWanted(firstTextIsAsLongAs(gateCondition), nested('conditions', condition))),
    4: nonEmpty('reason'),
    6: nonEmpty('podIP'),
    7: time('startTime', texts),
    12: list(nested('podIPs', message({ 1: text('ip') }))),
  });
  return message({
    // Of the annotations, which are the longest part of many pods, those alone that decide something.
    1: metadataField(texts, startsWithOneOf(readAnnotations)),
    2: nested('spec', spec),
    3: nested('status', status),
  });
}

/** @param wanted which annotations are read; asked at the beginning of an entry */
function metadataField(texts: SharedTexts, wanted: Wanted): Field {
  const owner = message({ 1: shared('kind', texts), 3: shared('name', texts), 6: flag('controller') });
  const objectMeta = message({
    1: nonEmpty('name'),
    3: shared('namespace', texts),
    5: nonEmpty('uid'),
    6: nonEmpty('resourceVersion'),
    8: time('creationTimestamp', texts),
    9: time('deletionTimestamp', texts),
    10: integer('deletionGracePeriodSeconds'),
    11: pairs('labels', texts, () => true),
    12: pairs('annotations', texts, wanted),
    13: list(nested('ownerReferences', owner)),
  });
  const metadata = nested('metadata', objectMeta);
  return {
    ...metadata,
    read: (wire, end) => {
      const read = metadata.read(wire, end) as Message;
      for (const name of ['labels', 'annotations'])
        if (read[name] instanceof TextPairs) read[name] = texts.labelsOf(read[name]);
      return read;
    },
  };
}

/** `PodList` and the other lists, which differ in their items only. */
export function listMessage(item: ObjectReader): MessageType {
  const listMeta = message({ 2: nonEmpty('resourceVersion'), 3: nonEmpty('continue') });
  return message({ 1: nested('metadata', listMeta), 2: list({ ...text('items'), read: item }) });
}

export const statusMessage: MessageType = message({
  3: nonEmpty('message'),
  4: nonEmpty('reason'),
  5: nested('details', message({ 5: integer('retryAfterSeconds') })),
  6: integer('code'),
});

/** A bookmark is an object of the watched kind; only its metadata means anything. */
export const bookmarkMessage: MessageType = message({
  1: nested('metadata', message({ 6: nonEmpty('resourceVersion'), 12: textMap('annotations') })),
});
