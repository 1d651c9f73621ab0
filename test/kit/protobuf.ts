/*
 * Writes Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding), for tests and benchmarks of what
 * reads it.
 */

export function varint(value: number | bigint): Buffer {
  if (value >= 0 && value < 0x80) return Buffer.of(Number(value));
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

export function number(field: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

/** A text, or a message of these parts. */
export function sized(field: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
  const length = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([varint((field << 3) | 2), varint(length), ...body]);
}

export function pairs(field: number, entries: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(Object.entries(entries).map(([key, value]) => sized(field, sized(1, key), sized(2, value))));
}

/** An object as answers have it: `k8s\0` and `runtime.Unknown`. */
export function wrapped(kind: string, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from('k8s\0'), sized(1, sized(1, 'v1'), sized(2, kind)), sized(2, ...parts)]);
}

/** An event as watches have it, with the four bytes of its length. */
export function framed(type: string, object: Buffer): Buffer {
  const event = Buffer.concat([sized(1, type), sized(2, sized(1, object))]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}
