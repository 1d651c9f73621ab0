import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ProtobufReader } from '../../../kit/protobuf/reader.ts';
import { SharedTexts } from './shared-texts.ts';

const seed = { seed: 20260101, numRuns: 500 };
const text = fc.oneof(
  fc.constantFrom('', 'a', 'shop', '\u00e9', '\ufffd'),
  fc.string(),
  fc.string({ unit: 'grapheme' }),
);
/** What no server means to send, too: bytes that are no UTF-8. */
const bytes = fc.oneof(
  text.map((each) => Buffer.from(each)),
  fc.uint8Array({ maxLength: 6 }).map((each) => Buffer.from(each)),
);
const few = fc.dictionary(fc.constantFrom('app', 'tier', '7', '__proto__'), fc.constantFrom('', 'shop', 'web', 'ä'));

it('reads of any bytes the text that they are, whatever it has read and kept before', () => {
  const texts = new SharedTexts();
  const property = fc.property(bytes, text, (written, other) => {
    const wire = new ProtobufReader(written);
    expect(texts.read(wire, written.length)).toBe(written.toString('utf8'));
    expect(wire.at).toBe(written.length);
    expect(texts.text(other)).toBe(other);
  });
  fc.assert(property, seed);
});

it('gives equal maps as one object, and others as others', () => {
  const texts = new SharedTexts();
  const property = fc.property(few, few, (one, other) => {
    const shared = texts.labels(one);
    expect(Object.entries(shared)).toEqual(Object.entries(one));
    expect(texts.labels({ ...one })).toBe(shared);
    expect(texts.labels(shared)).toBe(shared);
    expect(Object.entries(texts.labels(other))).toEqual(Object.entries(other));
  });
  fc.assert(property, seed);
});

it('keeps what many have in common, and does not grow without end', () => {
  const texts = new SharedTexts();
  const kept = texts.labels({ app: 'shop' });
  for (let i = 0; i < 100_000; i += 1) texts.labels({ app: `shop-${i}` });
  expect(texts.labels({ app: 'shop' })).toEqual(kept);
  expect(texts.labels({ app: 'shop' })).not.toBe(kept);
});
