import { gateCondition, sidecarAnnotations } from '../kinds/core-kinds.ts';
import {
  bytes,
  flag,
  integer,
  list,
  message,
  nested,
  nonEmpty,
  readMessage,
  text,
  textMap,
  unreadable,
  ifFirstTextIsAsLongAs,
  ifFirstTextStartsWith,
  type Field,
  type MessageType,
} from '../../../kit/protobuf/reader.ts';

/*
 * The fields that are read of the API's messages, under their JSON names. The numbers are those of
 * k8s.io/api/core/v1/generated.proto and k8s.io/apimachinery/pkg/{apis/meta/v1,runtime}/generated.proto; the API never changes
 * them. `test/integration/kube-protobuf.test.ts` compares them with a real API server.
 */

/** The instants that a Date can express, in seconds. */
const maxSeconds = 8.64e12;

/** `Time`: seconds = 1, in JSON RFC 3339 in UTC; an empty message is no time. */
const time = (name: string): Field => {
  const fields = message({ 1: integer('seconds') });
  return {
    ...nested(name, fields),
    read: (wire, end) => {
      if (wire.at === end) return undefined;
      const { seconds = 0 } = readMessage(fields, wire, end) as { readonly seconds?: number };
      if (Math.abs(seconds) > maxSeconds) throw unreadable(`a ${name} outside the range of times`);
      return `${new Date(seconds * 1_000).toISOString().slice(0, -5)}Z`;
    },
  };
};

const ownerReference = message({ 1: text('kind'), 3: text('name'), 6: flag('controller') });

const objectMeta = message({
  1: nonEmpty('name'),
  3: nonEmpty('namespace'),
  5: nonEmpty('uid'),
  6: nonEmpty('resourceVersion'),
  8: time('creationTimestamp'),
  9: time('deletionTimestamp'),
  10: integer('deletionGracePeriodSeconds'),
  11: textMap('labels'),
  12: textMap('annotations'),
  13: list(nested('ownerReferences', ownerReference)),
});

const metadataOnly: MessageType = message({ 1: nested('metadata', objectMeta) });

const node = message({
  1: nested('metadata', objectMeta),
  3: nested('status', message({ 5: list(nested('addresses', message({ 1: text('type'), 2: text('address') }))) })),
});

const podSpec = message({
  8: nonEmpty('serviceAccountName'),
  9: nonEmpty('serviceAccount'),
  10: nonEmpty('nodeName'),
  11: flag('hostNetwork'),
  28: list(nested('readinessGates', message({ 1: text('conditionType') }))),
});

const podStatus = message({
  1: nonEmpty('phase'),
  // Every pod has several conditions, and few have ours.
  2: list(ifFirstTextIsAsLongAs(gateCondition, nested('conditions', message({ 1: text('type'), 2: text('status') })))),
  4: nonEmpty('reason'),
  6: nonEmpty('podIP'),
  7: time('startTime'),
  12: list(nested('podIPs', message({ 1: text('ip') }))),
});

/** Of the annotations, which are the longest part of many pods, those alone that decide something. */
const podMeta: MessageType = objectMeta.map((field) =>
  field?.name === 'annotations' ? ifFirstTextStartsWith(sidecarAnnotations, field) : field,
);

/** The kinds that are read as protobuf, by plural. Custom resources have no protobuf form. */
export const coreMessages = {
  namespaces: metadataOnly,
  serviceaccounts: metadataOnly,
  nodes: node,
  pods: message({ 1: nested('metadata', podMeta), 2: nested('spec', podSpec), 3: nested('status', podStatus) }),
} as const satisfies Readonly<Record<string, MessageType>>;

/** `PodList` and the other lists, which differ in their items only. */
export function listMessage(item: MessageType): MessageType {
  const listMeta = message({ 2: nonEmpty('resourceVersion'), 3: nonEmpty('continue') });
  return message({ 1: nested('metadata', listMeta), 2: list(nested('items', item)) });
}

export const statusMessage: MessageType = message({
  3: nonEmpty('message'),
  4: nonEmpty('reason'),
  5: nested('details', message({ 5: integer('retryAfterSeconds') })),
  6: integer('code'),
});

/** A bookmark is an object of the watched kind; only its metadata means anything. */
export const bookmarkMessage = metadataOnly;

/** `runtime.Unknown`, which wraps every object after the four bytes `k8s\0`. */
export const unknownMessage: MessageType = message({ 2: bytes('raw') });

/** `metav1.WatchEvent`; its object is a `runtime.RawExtension`. */
export const watchEventMessage: MessageType = message({
  1: text('type'),
  2: nested('object', message({ 1: bytes('raw') })),
});
