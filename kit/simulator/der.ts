/* The few structures of DER (ITU-T X.690) that a certificate is made of. */

/** OBJECT IDENTIFIER. */
export function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** BOOLEAN. */
export function boolean(value: boolean): Buffer {
  return element(0x01, Buffer.from([value ? 0xff : 0]));
}

/** OCTET STRING. */
export function octets(content: Buffer): Buffer {
  return element(0x04, content);
}

/** BIT STRING whose last `unused` bits do not count. */
export function bits(content: Buffer, unused: number): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([unused]), content]));
}

/** SEQUENCE. */
export function sequence(...content: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(content));
}

/** Any tag over any content of at most 65,535 octets. */
export function element(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
