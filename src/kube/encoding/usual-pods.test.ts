import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { number, pairs, sized } from '../../../test/kit/protobuf.ts';
import { ProtobufReader, readerOf, UnreadableProtobuf, type ObjectReader } from '../../../kit/protobuf/reader.ts';
import { watchedKinds } from '../informer/watched-kinds.ts';
import { coreMessages } from './api-messages.ts';
import type { ApiObject } from './decode.ts';
import { SharedTexts } from './shared-texts.ts';
import { ReadPod } from './usual-pods.ts';

const { protobuf: usual, transform } = watchedKinds().find(({ kind }) => kind === 'Pod')!;
const general = readerOf(coreMessages(new SharedTexts()).pods);
const seed = { seed: 20260101 };

/** Nearly always the first. */
const mostly = <T>(usually: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 30, arbitrary: fc.constant(usually) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const at = (field: number, seconds: number | bigint): Buffer => sized(field, number(1, seconds), number(2, 0));
const owner = (kind: string, name: string, controller = 1): Buffer =>
  sized(13, sized(1, kind), sized(3, name), sized(4, 'u'), sized(5, 'v1'), number(6, controller), number(7, 1));
const init = (name: string, ...args: readonly string[]): Buffer =>
  sized(20, sized(1, name), sized(2, 'i'), ...['istio-iptables', ...args].map((arg) => sized(4, arg)), sized(9, 'x'));
const nothing = Buffer.alloc(0);

const metadata = fc.tuple(
  mostly(sized(1, 'web-7d9f-x'), sized(1, ''), nothing, sized(1, 'ä')),
  mostly(sized(3, 'shop'), sized(3, ''), nothing),
  mostly(sized(5, 'u1'), sized(5, ''), Buffer.concat([sized(5, 'u2'), sized(5, '')])),
  mostly(at(8, 1_767_225_600), nothing, sized(8), at(8, 2n ** 60n), at(8, -5), sized(8, number(2, 7))),
  mostly(nothing, at(9, 1_767_225_661), sized(9), number(10, 30)),
  fc.constantFrom(pairs(11, { app: 'shop', 'pod-template-hash': '7d9f' }), pairs(11, { app: 'till' }), nothing),
  mostly(nothing, sized(11, sized(1, '__proto__'), sized(2, 'x')), pairs(11, { app: 'ä' }), sized(11)),
  fc.constantFrom(
    pairs(12, { note: 'x'.repeat(200), 'sidecar.istio.io/status': '{}' }),
    pairs(12, { 'traffic.sidecar.istio.io/excludeOutboundPorts': '22' }),
    nothing,
  ),
  mostly(
    nothing,
    pairs(12, { 'k8s.v1.cni.cncf.io/network-status': '[{"name":"telco/a","ips":["10.9.0.1"]}]' }),
    pairs(12, { 'egress.projectcalico.org/selector': "a == '1'" }),
  ),
  mostly(
    owner('ReplicaSet', 'web-7d9f'),
    nothing,
    owner('Node', 'n1'),
    owner('', 'x', 0),
    Buffer.concat([owner('DaemonSet', 'd', 0), owner('Job', 'a-12345678'), owner('Job', 'b')]),
  ),
);
const spec = fc.tuple(
  mostly(sized(8, 'till'), nothing, sized(8, '')),
  mostly(sized(9, 'till'), nothing),
  mostly(sized(10, 'n1'), nothing),
  mostly(number(11, 0), number(11, 1)),
  fc.constantFrom(
    ...[nothing, sized(20), sized(20, sized(1, 'warm-up'), sized(4, '-x')), init('istio-init', '-i', '*')],
    ...[init('istio-init', '-i', '10.0.0.0/8', '-x', ''), init('istio-init', '-i', '10.0.0.0/8'), init('istio-init-b')],
  ),
  mostly(
    nothing,
    Buffer.concat([init('istio-init', '-i', '*'), init('istio-init', '-o', '22')]),
    sized(20, sized(1, 'istio-init'), sized(4, 'istio-iptables'), sized(2, 'i'), sized(4, '-o'), sized(4, '25')),
    sized(20, sized(1, 'istio-init'), sized(4, 'istio-iptables'), sized(2, 'i')),
    sized(20, sized(1, 'istio-init'), sized(3, 'sleep'), sized(4, 'istio-iptables')),
    sized(20, sized(1, 'istio-init')),
  ),
  mostly(nothing, sized(28), sized(28, sized(1, 'example.com/other')), sized(28, sized(1, 'postern.dev/perimeter'))),
);
const status = fc.tuple(
  mostly(sized(1, 'Running'), sized(1, 'Pending'), sized(1, 'Failed'), sized(1, 'Hibernated'), sized(1, ''), nothing),
  mostly(nothing, sized(4, 'Evicted'), sized(4)),
  fc.constantFrom(nothing, sized(2, sized(1, 'Ready'), sized(2, 'True'))),
  mostly(nothing, sized(2, sized(1, 'postern.dev/perimeter'), sized(2, 'True')), sized(2)),
  mostly(sized(6, '10.0.0.1'), nothing, sized(6, ''), sized(6, '10.0.0.2'), sized(6, 'none')),
  mostly(at(7, 1_767_225_601), nothing, sized(7), at(7, 2n ** 60n), at(7, 4_102_444_800)),
  mostly(
    sized(12, sized(1, '10.0.0.1')),
    nothing,
    sized(12),
    sized(12, sized(1, '')),
    Buffer.concat([sized(12, sized(1, '10.0.0.1')), sized(12, sized(1, '2001:DB8::1'))]),
    Buffer.concat(['10.0.0.1', '10.0.0.3', 'fd00::1'].map((ip) => sized(12, sized(1, ip)))),
    sized(12, sized(1, '010.0.0.1')),
  ),
);
const pods = fc
  .tuple(metadata, spec, status, mostly(nothing, sized(1, sized(1, 'b')), sized(2), sized(3), sized(99, 'spare')))
  .map(([one, two, three, more]) => Buffer.concat([sized(1, ...one), sized(2, ...two), sized(3, ...three), more]));

const isNamed = (object: Partial<ApiObject>): object is ApiObject => 'name' in (object.metadata ?? {});

/** What is made of a pod, and under which identity. */
function seen(read: ObjectReader, bytes: Buffer): unknown {
  try {
    const object = read(new ProtobufReader(bytes), bytes.length) as Partial<ApiObject>;
    if (!isNamed(object)) return 'nameless';
    const { name, namespace, uid, resourceVersion = '' } = object.metadata;
    return { identity: [name, namespace, uid, resourceVersion], made: transform(object) };
  } catch (error) {
    if (error instanceof UnreadableProtobuf) return 'unreadable';
    throw error;
  }
}

describe('a pod that looks like nearly every pod', () => {
  it('is read as every pod is, and any other as well', () => {
    let direct = 0;
    const property = fc.property(pods, (bytes) => {
      expect(seen(usual!, bytes)).toEqual(seen(general, bytes));
      try {
        if (usual!(new ProtobufReader(bytes), bytes.length) instanceof ReadPod) direct += 1;
      } catch {
        // Compared above.
      }
    });
    fc.assert(property, { ...seed, numRuns: 2_000 });
    expect(direct).toBeGreaterThan(500);
  });

  it('has nothing of the one that was read before', () => {
    const named = [sized(1, 'a'), sized(3, 'shop'), sized(5, 'u'), sized(6, '7'), at(8, 5)];
    const more = [pairs(11, { app: 'x' }), pairs(12, { 'sidecar.istio.io/status': '{}' }), owner('Job', 'j-12345678')];
    const ips = ['10.0.0.1', 'fd00::1'].map((ip) => sized(12, sized(1, ip)));
    const full = Buffer.concat([
      sized(1, ...named, ...more),
      sized(2, sized(8, 'till'), sized(9, 'till'), sized(10, 'n1'), number(11, 1)),
      sized(3, sized(1, 'Running'), sized(6, '10.0.0.1'), at(7, 6), ...ips),
    ]);
    const bare = Buffer.concat([sized(1, ...named), sized(2), sized(3, sized(1, 'Running'), at(7, 6))]);
    for (const bytes of [full, bare]) {
      expect(usual!(new ProtobufReader(bytes), bytes.length)).toBeInstanceOf(ReadPod);
      expect(seen(usual!, bytes)).toEqual(seen(general, bytes));
      expect(seen(usual!, full)).toEqual(seen(general, full));
    }
  });

  it('is refused where any pod is, cut off or altered anywhere', () => {
    let refused = 0;
    const property = fc.property(pods, fc.nat(), fc.integer({ min: -1, max: 255 }), (whole, place, byte) => {
      const spot = place % whole.length;
      const damaged = byte < 0 ? whole.subarray(0, spot) : Buffer.from(whole);
      if (byte >= 0) damaged[spot] = byte;
      const found = seen(usual!, damaged);
      expect(found).toEqual(seen(general, damaged));
      if (found === 'unreadable') refused += 1;
    });
    fc.assert(property, { ...seed, numRuns: 3_000 });
    expect(refused).toBeGreaterThan(300);
  });

  it('shares with others what they have in common', () => {
    const [one, other] = ['a', 'b'].map((name) => {
      const meta = [sized(1, name), sized(3, 'shop'), sized(5, name), sized(6, '7'), at(8, 5), pairs(11, { app: 'x' })];
      const bytes = Buffer.concat([sized(1, ...meta), sized(2), sized(3, sized(1, 'Running'), at(7, 6))]);
      return usual!(new ProtobufReader(bytes), bytes.length);
    });
    expect(one).toBeInstanceOf(ReadPod);
    expect((one as ReadPod).pod.labels).toBe((other as ReadPod).pod.labels);
  });
});
