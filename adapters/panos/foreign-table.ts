import type { Json } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { TableRule } from '../../src/core/model/table.ts';
import { canonicalAddress } from '../../src/net/address.ts';
import { asNetwork, canonicalCidr, everywhere } from '../../src/net/cidr.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';
import { doubtIn, foreignBy } from '../../kit/common/rules/reading.ts';
import { namesIn } from '../../kit/common/api/json.ts';

/*
 * Rules of others, from PAN-OS's administrator's guide ("Security policy"). What a rule says that is not understood here is
 * told as a doubt; what it can match at most is still said as narrowly as it can be.
 */

interface Side {
  /** Undefined: everything. */
  readonly atMost: readonly string[] | undefined;
  readonly doubts: readonly string[];
}

/** Fields that say nothing about which flows it is, and those that are read. */
const plain =
  /^(action|description|log-.*|profile-setting|tag|group-tag|option|icmp-unreachable|qos|source|destination)$/;

export function foreignRule({ name, spec }: Resource, objects: readonly Resource[]): TableRule[] {
  const side = (field: 'source' | 'destination'): Side =>
    spec[`negate-${field}`] === 'yes' ? { atMost: undefined, doubts: [] } : sideOf(namesIn(spec[field]), objects);
  const [sources, to] = [side('source'), side('destination')];
  const said = Object.entries(spec).flatMap(([field, value]) =>
    plain.test(field) || isAny(value) || (field.startsWith('negate-') && value === 'no') ? [] : [field],
  );
  const doubts = [...said, ...sources.doubts, ...to.doubts];
  return [
    {
      name,
      action: spec['action'] === 'allow' ? 'Accept' : 'Deny',
      sources: sources.atMost ?? everywhere,
      destination: to.atMost === undefined ? anywhere : { any: false, names: [], networks: to.atMost },
      ports: [],
      ...(spec['profile-setting'] !== undefined && { inspected: 'profile-setting' }),
      ...foreignBy(typeof spec['description'] === 'string' ? spec['description'] : ''),
      ...doubtIn(doubts),
    },
  ];
}

function sideOf(names: readonly string[], objects: readonly Resource[]): Side {
  if (names.includes('any')) return { atMost: undefined, doubts: [] };
  const networks = names.map((name) => {
    const netmask = objects.find((object) => object.kind === 'address' && object.name === name)?.spec['ip-netmask'];
    const text = typeof netmask === 'string' ? netmask : name;
    return canonicalCidr(text) ?? (canonicalAddress(text) === undefined ? undefined : asNetwork(text));
  });
  const unknown = names.filter((_, at) => networks[at] === undefined);
  if (unknown.length > 0) return { atMost: undefined, doubts: unknown };
  return { atMost: networks.flatMap((network) => network ?? []), doubts: [] };
}

function isAny(value: Json): boolean {
  return Array.isArray(value) && value.includes('any');
}
