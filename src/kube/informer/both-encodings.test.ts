import fc from 'fast-check';
import { expect, it } from 'vitest';
import { number, pairs, sized, wrapped } from '../../../test/kit/protobuf.ts';
import { decodeList } from '../encoding/decode.ts';
import { watchedKinds } from './watched-kinds.ts';

const { protobuf: reader, transform } = watchedKinds().find(({ kind }) => kind === 'Pod')!;

const text = fc.oneof(fc.constantFrom('a', 'shop', 'web-7d9f-x'), fc.string({ unit: 'grapheme' }));
const instant = fc.constantFrom(0, 1_767_225_600, 1_767_225_661);
const networks = '[{"name":"telco/a","ips":["10.9.0.1"]}]';
const proxyConfig = 'proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" }';
const annotations = fc.uniqueArray(
  fc.tuple(
    fc.constantFrom(
      'sidecar.istio.io/status',
      'sidecar.istio.io/inject',
      'sidecar.istio.io/interceptionMode',
      'traffic.sidecar.istio.io/excludeOutboundPorts',
      'proxy.istio.io/config',
      'k8s.v1.cni.cncf.io/network-status',
      'egress.projectcalico.org/selector',
      'egress.projectcalico.org/egressGatewayPolicy',
      `example.com/${'long'.repeat(50)}`,
      's',
      '__proto__',
    ),
    fc.oneof({ arbitrary: fc.constantFrom(networks, 'true', "a == '1'", proxyConfig), weight: 4 }, text),
  ),
  { selector: ([key]) => key, maxLength: 6 },
);
const labels = fc.uniqueArray(fc.tuple(fc.constantFrom('app', '7', 'tier', 'pod-template-hash', '__proto__'), text), {
  selector: ([key]) => key,
});
/** Every field that something is made of; absent where a server leaves it out. */
const samples = fc.record({
  name: fc.constantFrom('web-7d9f-x', 'a'),
  namespace: fc.constantFrom('shop', 'web'),
  uid: fc.constantFrom('u1', 'u2'),
  created: instant,
  deletion: fc.option(fc.record({ at: instant, grace: fc.option(fc.constantFrom(0, 30, 100_000)) })),
  labels,
  annotations,
  owners: fc.array(
    fc.record({
      kind: fc.constantFrom('ReplicaSet', 'Node'),
      name: fc.constantFrom('web-7d9f', 'db', 'n1'),
      controller: fc.option(fc.boolean()),
    }),
    { maxLength: 2 },
  ),
  accounts: fc.tuple(fc.constantFrom('', 'till'), fc.constantFrom('', 'old')),
  node: fc.constantFrom('', 'n1'),
  hostNetwork: fc.boolean(),
  gates: fc.subarray(['example.com/other', 'postern.dev/perimeter']),
  init: fc.array(
    fc.record({
      name: fc.constantFrom('istio-init', 'istio-init', 'istio-validation', 'warm-up'),
      args: fc.constantFrom(
        ['istio-iptables', '-i', '*', '-x', '203.0.113.0/24'],
        ['istio-iptables', '-i', '*', '-x', '203.0.113.0/24', '-o', '25'],
        [],
      ),
      command: fc.constantFrom([], [], ['sleep']),
    }),
    { maxLength: 2 },
  ),
  phase: fc.constantFrom('', 'Pending', 'Running', 'Failed', 'Succeeded', 'Hibernated'),
  conditions: fc.array(
    fc.record({
      type: fc.constantFrom('Ready', 'postern.dev/perimeter', 'example.com/perimeter'),
      status: fc.constantFrom('True', 'False'),
    }),
    { maxLength: 3 },
  ),
  reason: fc.constantFrom('', 'Evicted'),
  podIP: fc.constantFrom('', '10.0.0.1', '10.0.0.2', 'none'),
  started: fc.option(instant),
  podIPs: fc.subarray(['10.0.0.1', '2001:DB8::1', '10.0.0.3', 'fd00::1']),
});
type Sample = typeof samples extends fc.Arbitrary<infer T> ? T : never;

const time = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
const filled = (name: string, value: string): object => (value === '' ? {} : { [name]: value });
/** As the server writes a map: `__proto__` is a key like any other. */
const mapped = (name: string, entries: readonly (readonly [string, string])[]): object =>
  entries.length === 0 ? {} : { [name]: Object.fromEntries(entries) };

function inJson(one: Sample): unknown {
  const { deletion } = one;
  return {
    metadata: {
      ...{ name: one.name, namespace: one.namespace, uid: one.uid, resourceVersion: '7' },
      creationTimestamp: time(one.created),
      ...(deletion && { deletionTimestamp: time(deletion.at) }),
      ...(deletion?.grace != null && { deletionGracePeriodSeconds: deletion.grace }),
      ...mapped('labels', one.labels),
      ...mapped('annotations', one.annotations),
      ...(one.owners.length > 0 && {
        ownerReferences: one.owners.map(({ controller, ...owner }) => ({
          ...owner,
          ...(controller !== null && { controller }),
        })),
      }),
    },
    spec: {
      ...filled('serviceAccountName', one.accounts[0]),
      ...filled('serviceAccount', one.accounts[1]),
      ...filled('nodeName', one.node),
      ...(one.hostNetwork && { hostNetwork: true }),
      ...(one.init.length > 0 && { initContainers: one.init.map((init) => ({ ...init, image: 'i' })) }),
      ...(one.gates.length > 0 && { readinessGates: one.gates.map((conditionType) => ({ conditionType })) }),
    },
    status: {
      ...filled('phase', one.phase),
      ...(one.conditions.length > 0 && { conditions: one.conditions }),
      ...filled('reason', one.reason),
      ...filled('podIP', one.podIP),
      ...(one.started !== null && { startTime: time(one.started) }),
      ...(one.podIPs.length > 0 && { podIPs: one.podIPs.map((ip) => ({ ip })) }),
    },
  };
}

/** As the server writes it: what is empty is there, and pointers are left out. */
function inProtobuf(one: Sample): Buffer {
  const { deletion } = one;
  const at = (field: number, seconds: number): Buffer => sized(field, number(1, seconds), number(2, 0));
  const owner = ({ kind, name, controller }: Sample['owners'][number]): Buffer =>
    sized(13, sized(1, kind), sized(3, name), ...(controller === null ? [] : [number(6, controller ? 1 : 0)]));
  const metadata = [
    ...[
      sized(1, one.name),
      sized(2, ''),
      sized(3, one.namespace),
      sized(5, one.uid),
      sized(6, '7'),
      at(8, one.created),
    ],
    ...(deletion ? [at(9, deletion.at)] : []),
    ...(deletion?.grace != null ? [number(10, deletion.grace)] : []),
    ...one.labels.map(([key, value]) => pairs(11, Object.fromEntries([[key, value]]))),
    ...one.annotations.map(([key, value]) => pairs(12, Object.fromEntries([[key, value]]))),
    ...one.owners.map(owner),
  ];
  const spec = [
    ...[sized(8, one.accounts[0]), sized(9, one.accounts[1]), sized(10, one.node)],
    number(11, one.hostNetwork ? 1 : 0),
    ...one.init.map(({ name, command, args }) =>
      sized(
        20,
        sized(1, name),
        sized(2, 'i'),
        ...command.map((word) => sized(3, word)),
        ...args.map((arg) => sized(4, arg)),
        sized(9, sized(1, one.name)),
      ),
    ),
    ...one.gates.map((gate) => sized(28, sized(1, gate))),
  ];
  const status = [
    sized(1, one.phase),
    ...one.conditions.map(({ type, status }) => sized(2, sized(1, type), sized(2, status), sized(3), sized(4))),
    ...[sized(3, ''), sized(4, one.reason), sized(5, ''), sized(6, one.podIP)],
    ...(one.started === null ? [] : [at(7, one.started)]),
    ...one.podIPs.map((ip) => sized(12, sized(1, ip))),
  ];
  return Buffer.concat([sized(1, ...metadata), sized(2, ...spec), sized(3, ...status)]);
}

it('makes of a pod the same whichever way the server writes it', () => {
  let read = 0;
  const property = fc.property(fc.array(samples, { minLength: 1, maxLength: 3 }), (all) => {
    const list = { metadata: { resourceVersion: '9' }, items: all.map(inJson) };
    const json = decodeList(Buffer.from(JSON.stringify(list)));
    const items = all.map((one) => sized(2, inProtobuf(one)));
    const protobuf = decodeList(wrapped('PodList', sized(1, sized(2, '9')), ...items), reader);
    const seen = json.items.map(transform);
    expect(protobuf.items.map(transform)).toEqual(seen);
    read += seen.filter((one) => 'object' in one).length;
  });
  fc.assert(property, { seed: 20260101, numRuns: 500 });
  expect(read).toBeGreaterThan(300);
});
