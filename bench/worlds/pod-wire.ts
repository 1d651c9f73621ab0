import type { Pod } from '../../src/core/model/snapshot.ts';
import { number, pairs, sized } from '../../test/kit/protobuf.ts';
import { podTemplate, podValues, type Json, type PodValues, type Profile } from './pod-text.ts';

/*
 * The pods of `pod-text.ts` as an API server writes them in protobuf, about 5 and 9 kB: every field, under its number in
 * k8s.io/api/core/v1/generated.proto and k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto, in their order.
 * `test/judges/bench-pods.test.ts` has client-go read them.
 */

/** `raw`: JSON as it is. `port`: a number that might be a name. */
type Leaf = 'text' | 'number' | 'pairs' | 'quantities' | 'time' | 'raw' | 'port';
type Form = Leaf | Message;

/** The fields of JSON; more numbers than one lead through messages that JSON does not show. */
// A record cannot speak of itself.
// eslint-disable-next-line @typescript-eslint/consistent-indexed-object-style
interface Message {
  readonly [field: string]: readonly [form: Leaf | Message, ...path: readonly number[]];
}

const owner: Message = {
  kind: ['text', 1],
  name: ['text', 3],
  uid: ['text', 4],
  apiVersion: ['text', 5],
  controller: ['number', 6],
  blockOwnerDeletion: ['number', 7],
};
const managedFields: Message = {
  manager: ['text', 1],
  operation: ['text', 2],
  apiVersion: ['text', 3],
  time: ['time', 4],
  fieldsType: ['text', 6],
  fieldsV1: ['raw', 7, 1],
};
const metadata: Message = {
  name: ['text', 1],
  generateName: ['text', 2],
  namespace: ['text', 3],
  uid: ['text', 5],
  resourceVersion: ['text', 6],
  creationTimestamp: ['time', 8],
  labels: ['pairs', 11],
  annotations: ['pairs', 12],
  ownerReferences: [owner, 13],
  managedFields: [managedFields, 17],
};
const volume: Message = {
  name: ['text', 1],
  configMap: [{ name: ['text', 1, 1], defaultMode: ['number', 3], optional: ['number', 4] }, 2, 19],
  projected: [
    {
      sources: [{ serviceAccountToken: [{ audience: ['text', 1], path: ['text', 3] }, 4] }, 1],
      defaultMode: ['number', 2],
    },
    2,
    26,
  ],
};
const variable: Message = {
  name: ['text', 1],
  value: ['text', 2],
  valueFrom: [{ fieldRef: [{ apiVersion: ['text', 1], fieldPath: ['text', 2] }, 1] }, 3],
};
const probe: Message = {
  httpGet: [{ path: ['text', 1], port: ['port', 2], scheme: ['text', 4] }, 1, 2],
  timeoutSeconds: ['number', 3],
  periodSeconds: ['number', 4],
};
const container: Message = {
  name: ['text', 1],
  image: ['text', 2],
  args: ['text', 4],
  ports: [{ name: ['text', 1], containerPort: ['number', 3], protocol: ['text', 4] }, 6],
  env: [variable, 7],
  resources: [{ limits: ['quantities', 1], requests: ['quantities', 2] }, 8],
  volumeMounts: [{ name: ['text', 1], readOnly: ['number', 2], mountPath: ['text', 3] }, 9],
  livenessProbe: [probe, 10],
  readinessProbe: [probe, 11],
  terminationMessagePath: ['text', 13],
  imagePullPolicy: ['text', 14],
  securityContext: [
    {
      capabilities: [{ drop: ['text', 2] }, 1],
      readOnlyRootFilesystem: ['number', 6],
      allowPrivilegeEscalation: ['number', 7],
    },
    15,
  ],
  terminationMessagePolicy: ['text', 20],
};
const spec: Message = {
  volumes: [volume, 1],
  containers: [container, 2],
  restartPolicy: ['text', 3],
  terminationGracePeriodSeconds: ['number', 4],
  dnsPolicy: ['text', 6],
  serviceAccountName: ['text', 8],
  serviceAccount: ['text', 9],
  nodeName: ['text', 10],
  securityContext: [
    { runAsNonRoot: ['number', 3], fsGroup: ['number', 5], seccompProfile: [{ type: ['text', 1] }, 10] },
    14,
  ],
  schedulerName: ['text', 19],
  initContainers: [container, 20],
  tolerations: [{ key: ['text', 1], operator: ['text', 2], effect: ['text', 4] }, 22],
  priority: ['number', 25],
  enableServiceLinks: ['number', 30],
  preemptionPolicy: ['text', 31],
};
const state: Message = { running: [{ startedAt: ['time', 1] }, 2] };
const status: Message = {
  phase: ['text', 1],
  conditions: [
    { type: ['text', 1], status: ['text', 2], lastProbeTime: ['time', 3], lastTransitionTime: ['time', 4] },
    2,
  ],
  hostIP: ['text', 5],
  podIP: ['text', 6],
  startTime: ['time', 7],
  containerStatuses: [
    {
      name: ['text', 1],
      state: [state, 2],
      lastState: [state, 3],
      ready: ['number', 4],
      restartCount: ['number', 5],
      image: ['text', 6],
      imageID: ['text', 7],
      containerID: ['text', 8],
      started: ['number', 9],
    },
    8,
  ],
  qosClass: ['text', 9],
  podIPs: [{ ip: ['text', 1] }, 12],
  hostIPs: [{ ip: ['text', 1] }, 16],
};
const pod: Message = { metadata: [metadata, 1], spec: [spec, 2], status: [status, 3] };

/** Writes pods of a profile; the part that they share is made once. */
export function podWireWriter(profile: Profile): (pod: Pod, version: number) => Buffer {
  const write = writer(pod, podTemplate(profile));
  return (of, version) => write(podValues(of, version));
}

type Write = (values: PodValues) => Buffer;

function writer(message: Message, template: Json): Write {
  const parts = Object.entries(template)
    .map(([name, value]) => {
      const [form, ...path] = message[name] ?? [];
      if (form === undefined) throw new Error(`a pod of the benchmark has a field without a number, ${name}`);
      return { first: path[0] ?? 0, part: partOf(form, path, value) };
    })
    .sort((a, b) => a.first - b.first);
  return joined(parts.map(({ part }) => part));
}

function joined(parts: readonly (Buffer | Write)[]): Write {
  return (values) => Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : part(values))));
}

/** What is the same in all pods as its bytes, once. */
function partOf(form: Form, path: readonly number[], value: unknown): Buffer | Write {
  if (!JSON.stringify(value).includes('"@')) return written(form, path, value);
  if (Array.isArray(value)) return joined(value.map((item) => partOf(form, path, item)));
  if (typeof form !== 'object') return (values) => written(form, path, values[String(value).slice(1, -1)]);
  const write = writer(form, value as Json);
  return (values) => within(path, write(values));
}

function written(form: Form, path: readonly number[], value: unknown): Buffer {
  if (value === null || value === undefined) return Buffer.alloc(0);
  if (Array.isArray(value)) return Buffer.concat(value.map((item) => written(form, path, item)));
  if (form === 'number') return within(path.slice(0, -1), number(path.at(-1) ?? 0, Number(value)));
  if (form === 'pairs') return pairs(path[0] ?? 0, value as Readonly<Record<string, string>>);
  if (form === 'quantities')
    return Buffer.concat(
      Object.entries(value as Json).map(([name, amount]) =>
        within(path, Buffer.concat([sized(1, name), sized(2, sized(1, String(amount)))])),
      ),
    );
  return within(path, body(form, value));
}

function body(form: Exclude<Form, 'number' | 'pairs' | 'quantities'>, value: unknown): Buffer {
  if (form === 'text') return Buffer.from(String(value));
  if (form === 'raw') return Buffer.from(JSON.stringify(value));
  if (form === 'port') return Buffer.concat([number(1, 0), number(2, Number(value))]);
  if (form === 'time') return Buffer.concat([number(1, Date.parse(String(value)) / 1_000), number(2, 0)]);
  return writer(form, value as Json)({});
}

function within(path: readonly number[], bytes: Buffer): Buffer {
  return path.reduceRight((inner, field) => sized(field, inner), bytes);
}
