import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framed, number, pairs, sized, varint, wrapped } from '../../../test/kit/protobuf.ts';
import { decodeEvents, decodeList, type WatchEvent } from './decode.ts';
import { coreMessages } from './api-messages.ts';
import { SharedTexts } from './shared-texts.ts';
import { ApiError } from '../api-error.ts';
import { protobufList } from './protobuf.ts';
import {
  readMessage,
  readerOf,
  message,
  integer,
  ProtobufReader,
  UnreadableProtobuf,
} from '../../../kit/protobuf/reader.ts';

const { pods } = coreMessages(new SharedTexts());
const anyPod = readerOf(pods);
const seed = { seed: 20260101 };

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owners: readonly string[];
  readonly created: number;
  readonly node: string;
  readonly hostNetwork: boolean;
  readonly addresses: readonly string[];
  readonly spare: Uint8Array;
}

const samples = fc.record<Sample>({
  name: fc.string({ minLength: 1, unit: 'grapheme' }),
  labels: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
  annotations: fc.dictionary(fc.constantFrom('sidecar.istio.io/inject', 'traffic.sidecar.istio.io/x'), fc.string()),
  owners: fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 2 }),
  created: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
  node: fc.string(),
  hostNetwork: fc.boolean(),
  addresses: fc.array(fc.ipV4()),
  spare: fc.uint8Array({ maxLength: 300 }),
});

function written({ name, labels, annotations, owners, created, node, hostNetwork, addresses, spare }: Sample): Buffer {
  const unknown = sized(99, Buffer.from(spare));
  const fixed = Buffer.concat([varint((98 << 3) | 1), Buffer.alloc(8, 0xff), varint((97 << 3) | 5), Buffer.alloc(4)]);
  const meta = [sized(1, name), sized(6, '7'), sized(8, number(1, created), number(2, 0)), pairs(11, labels)];
  meta.push(pairs(12, { 'istio.io/rev': 'default', ...annotations }));
  meta.push(...owners.map((owner) => sized(13, sized(1, 'ReplicaSet'), sized(3, owner), number(6, 1))));
  const spec = [sized(10, node), number(11, hostNetwork ? 1 : 0)];
  const status = addresses.map((ip) => sized(12, sized(1, ip)));
  return Buffer.concat([sized(1, unknown, ...meta), fixed, sized(2, ...spec, unknown), sized(3, fixed, ...status)]);
}

function expected({ name, labels, annotations, owners, created, node, hostNetwork, addresses }: Sample): unknown {
  const creationTimestamp = new Date(created * 1_000).toISOString().replace('.000Z', 'Z');
  const podIPs = addresses.map((ip) => ({ ip }));
  return {
    metadata: {
      name,
      resourceVersion: '7',
      creationTimestamp,
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ...(owners.length > 0 && {
        ownerReferences: owners.map((of) => ({ kind: 'ReplicaSet', name: of, controller: true })),
      }),
    },
    spec: { ...(node !== '' && { nodeName: node }), hostNetwork },
    status: podIPs.length > 0 ? { podIPs } : {},
  };
}

const listOf = (items: readonly Buffer[]): Buffer =>
  wrapped('PodList', sized(1, sized(1, ''), sized(2, '12'), sized(3, 'more')), ...items.map((item) => sized(2, item)));

describe('a list', () => {
  it('has what was written into it, whatever else there is', () => {
    const property = fc.property(fc.array(samples, { maxLength: 4 }), (all) => {
      const page = decodeList(listOf(all.map(written)), anyPod);
      expect(page).toEqual({ items: all.map(expected), version: '12', next: 'more' });
    });
    fc.assert(property, seed);
  });

  it('cut off or altered anywhere is read or refused with its own error, and never with another', () => {
    const property = fc.property(samples, fc.nat(), fc.integer({ min: -1, max: 255 }), (sample, place, byte) => {
      const body = listOf([written(sample)]);
      const at = place % body.length;
      const damaged = byte < 0 ? body.subarray(0, at) : Buffer.from(body);
      if (byte >= 0) damaged[at] = byte;
      try {
        protobufList(damaged, anyPod);
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError);
        expect(error).toMatchObject({ status: 200, reason: 'UnreadableProtobuf' });
      }
    });
    fc.assert(property, { ...seed, numRuns: 1_000 });
  });

  it('in JSON is read as JSON', () => {
    const body = Buffer.from('{"metadata":{"resourceVersion":"3"},"items":[{"metadata":{"name":"a"}}]}');
    expect(decodeList(body, anyPod)).toEqual({ items: [{ metadata: { name: 'a' } }], version: '3', next: undefined });
  });
});

describe('what no server means to send', () => {
  it.each([
    ['a length that leads out of its message', Buffer.from([0x0a, 0x7f, 1])],
    ['a length above 2^31', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    ['a number of more than ten bytes', Buffer.from([0x30, ...Array<number>(11).fill(0x80)])],
    ['a truncated number', Buffer.from([0x30, 0x80])],
    ['a value of the unknown type 3', Buffer.from([0x7b])],
    ['a metadata of another type', Buffer.from([0x08, 0x01])],
    ['a truncated value', Buffer.from([0x79, 0, 0])],
    ['a creationTimestamp outside the range of times', sized(1, sized(8, number(1, 2n ** 60n)))],
  ])('is refused: %s', (what, bytes) => {
    const read = (): unknown => readMessage(pods, new ProtobufReader(bytes), bytes.length);
    expect(read).toThrow(new UnreadableProtobuf(`protobuf with ${what}`));
  });

  it.each(['s', 'k8', 'egress', ''])('reads no annotation %j into what comes after it, nor beyond the end', (key) => {
    const bytes = sized(1, sized(1, 'a'), pairs(12, { [key]: '' }));
    expect(readMessage(pods, new ProtobufReader(bytes), bytes.length)).toEqual({ metadata: { name: 'a' } });
  });

  it('keeps a label called __proto__ a label', () => {
    const bytes = sized(1, sized(11, sized(1, '__proto__'), sized(2, 'x')));
    const { metadata } = readMessage(pods, new ProtobufReader(bytes), bytes.length) as { metadata: { labels: object } };
    expect(Object.entries(metadata.labels)).toEqual([['__proto__', 'x']]);
  });

  it('reads every integer that a double holds', () => {
    const fields = message({ 1: integer('value') });
    const property = fc.property(fc.maxSafeInteger(), (value) => {
      const bytes = number(1, value);
      expect(readMessage(fields, new ProtobufReader(bytes), bytes.length)).toEqual({ value });
    });
    fc.assert(property, seed);
  });
});

describe('a watch', () => {
  const pod = (name: string): Buffer => sized(1, sized(1, name), sized(6, '4'));
  const bookmark = sized(1, sized(6, '9'), pairs(12, { 'k8s.io/initial-events-end': 'true' }));
  const status = [sized(3, 'too old'), sized(4, 'Expired'), sized(5, number(5, 3)), number(6, 410)];
  const sent = Buffer.concat([
    framed('ADDED', wrapped('Pod', pod('a'))),
    framed('BOOKMARK', wrapped('Pod', bookmark)),
    framed('DELETED', wrapped('Pod', pod('b'))),
    framed('ERROR', wrapped('Status', ...status)),
  ]);
  const told = [
    { type: 'ADDED', object: { metadata: { name: 'a', resourceVersion: '4' } }, version: '4' },
    { type: 'BOOKMARK', version: '9', initialEnd: true },
    { type: 'DELETED', object: { metadata: { name: 'b', resourceVersion: '4' } }, version: '4' },
    { type: 'ERROR', error: new ApiError(410, 'Expired', 'watch: too old', { retryAfterMs: 3_000 }) },
  ];

  it('has the same events however its frames are cut into chunks; a frame that is cut off is left out', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.nat({ max: sent.length }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 30 }),
      async (cuts, lost) => {
        expect(await eventsOf(chunked(sent, cuts))).toEqual(told);
        expect(await eventsOf(chunked(sent.subarray(0, -lost), cuts))).toEqual(told.slice(0, -1));
      },
    );
    await fc.assert(property, seed);
  });

  it('in JSON is read as JSON, line by line', async () => {
    const line = '{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"4"}}}\n';
    expect(await eventsOf(chunked(Buffer.from(line.repeat(2)), [3, 90]))).toEqual([told[0], told[0]]);
  });

  it('with a frame beyond all bounds is refused before the frame is waited for', async () => {
    const reading = eventsOf([Buffer.from([0x00, 0xff, 0xff, 0xff, 1])]);
    await expect(reading).rejects.toMatchObject({ reason: 'UnreadableProtobuf' });
  });
});

async function eventsOf(chunks: readonly Buffer[]): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  for await (const some of decodeEvents(flow(chunks), anyPod)) events.push(...some);
  return events;
}

async function* flow(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

function chunked(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}
