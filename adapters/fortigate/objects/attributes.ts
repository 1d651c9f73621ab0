import { changedFields, textOf } from '../../../kit/common/api/json.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { formatAddress, parseAddress } from '../../../src/net/address.ts';
import { canonicalCidr, parseCidr } from '../../../src/net/cidr.ts';

/** The attributes to send for a spec: lists of names as rows, networks as address and mask. */
export function attributes(spec: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(spec).map(([field, value]) => {
      if (Array.isArray(value)) return [field, (value as readonly string[]).map((name) => ({ name }))];
      return [field, field === 'subnet' ? toMask(textOf(value)) : value];
    }),
  );
}

/**
 * The attributes of `spec` that are not as `known` already has them.
 *
 * @param initial what to write for those that `spec` does not have
 */
export function changedAttributes(known: JsonObject, spec: JsonObject, initial: (field: string) => Json): JsonObject {
  const differing = changedFields(known, spec);
  return attributes(Object.fromEntries(differing.map((field) => [field, spec[field] ?? initial(field)])));
}

/** `10.0.0.0 255.0.0.0` as `10.0.0.0/8`; anything else as it is. */
export function networkOf(text: string): string {
  const [network = '', mask] = text.split(' ');
  if (mask === undefined) return canonicalCidr(text) ?? text;
  const bits = parseAddress(mask)?.value.toString(2).padStart(32, '0') ?? '';
  const prefix = /^(1*)0*$/.exec(bits)?.[1]?.length;
  return prefix === undefined ? text : (canonicalCidr(`${network}/${prefix}`) ?? text);
}

function toMask(text: string): string {
  const cidr = parseCidr(text);
  if (cidr?.family !== 4) return text;
  const mask = ((1n << BigInt(cidr.prefix)) - 1n) << BigInt(32 - cidr.prefix);
  return `${formatAddress(cidr)} ${formatAddress({ family: 4, value: mask })}`;
}
