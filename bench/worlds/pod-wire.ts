import type { Pod } from '../../src/core/model/snapshot.ts';
import { number, pairs, sized } from '../../test/kit/protobuf.ts';
import { podTemplate, type Json, type Profile } from './pod-text.ts';

/*
 * The pods of `pod-text.ts` as an API server writes them in protobuf, about 5 and 9 kB. What is read has the numbers of
 * k8s.io/api/core/v1/generated.proto all the way down; of what is stepped over that is so at the top, and below it only the
 * size is right.
 */

type Part = readonly [field: number, name: string];

const metaParts: readonly Part[] = [
  [12, 'annotations'],
  [17, 'managedFields'],
];
const specParts: readonly Part[] = [
  [1, 'volumes'],
  [20, 'initContainers'],
  [2, 'containers'],
  [3, 'restartPolicy'],
  [4, 'terminationGracePeriodSeconds'],
  [6, 'dnsPolicy'],
  [14, 'securityContext'],
  [19, 'schedulerName'],
  [22, 'tolerations'],
];
const statusParts: readonly Part[] = [
  [8, 'containerStatuses'],
  [9, 'qosClass'],
];

/** Writes pods of a profile; the part that they share is made once. */
export function podWireWriter(profile: Profile): (pod: Pod, version: number) => Buffer {
  const { metadata, spec, status } = podTemplate(profile) as Readonly<Record<string, Json>>;
  const shared = { metadata: parts(metaParts, metadata), spec: parts(specParts, spec) };
  const conditions = (status?.['conditions'] as readonly { type: string; status: string }[]).map((condition) =>
    sized(2, sized(1, condition.type), sized(2, condition.status), sized(4, time('2026-01-01T00:00:05Z'))),
  );
  const statuses = Buffer.concat([...conditions, parts(statusParts, status)]);
  const started = time('2026-01-01T00:00:01Z');
  return (pod, version) => {
    const owner = [
      sized(1, 'Deployment'),
      sized(3, pod.workload.split('/')[1] ?? ''),
      number(6, 1),
      sized(5, 'apps/v1'),
    ];
    const [address = ''] = pod.addresses;
    return Buffer.concat([
      sized(
        1,
        ...[sized(1, pod.name), sized(2, 'app-6d5f7c9b4-'), sized(3, pod.namespace), sized(4, ''), sized(5, pod.uid)],
        ...[sized(6, String(version)), number(7, 0), sized(8, time(pod.created)), pairs(11, pod.labels)],
        ...[sized(13, ...owner), shared.metadata],
      ),
      sized(
        2,
        shared.spec,
        sized(8, pod.serviceAccount),
        sized(9, pod.serviceAccount),
        sized(10, pod.node),
        number(11, 0),
      ),
      sized(
        3,
        ...[sized(1, 'Running'), statuses, sized(5, '192.0.2.10'), sized(6, address), sized(7, started)],
        sized(12, sized(1, address)),
      ),
    ]);
  };
}

function time(text: string): Buffer {
  return Buffer.concat([number(1, Date.parse(text) / 1_000), number(2, 0)]);
}

function parts(fields: readonly Part[], of: Json | undefined): Buffer {
  return Buffer.concat(fields.map(([field, name]) => loose(field, of?.[name])));
}

/** Any value under this number, the fields of objects numbered as they come. */
function loose(field: number, value: unknown): Buffer {
  if (Array.isArray(value)) return Buffer.concat(value.map((item) => loose(field, item)));
  if (typeof value === 'string') return sized(field, value);
  if (typeof value === 'number' || typeof value === 'boolean') return number(field, Number(value));
  if (typeof value !== 'object' || value === null) return Buffer.alloc(0);
  // The API, too, has the record of managed fields as JSON in one field.
  if ('f:status' in value || 'fieldsV1' in value) return sized(field, JSON.stringify(value));
  return sized(field, ...Object.values(value).map((item, index) => loose(index + 1, item)));
}
