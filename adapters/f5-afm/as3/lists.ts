import type { JsonObject } from '../../../src/core/model/json.ts';
import { compareText } from '../../../src/core/model/problem.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { routeDomainOf, type Context } from '../lower/context.ts';
import { nativeMember, nobody } from '../objects/members.ts';
import { tables } from '../objects/names.ts';
import { namesIn } from '../../../kit/common/api/json.ts';
import { remark } from './remark.ts';

/** Address and port lists by their names. */
export function declareLists(resources: readonly Resource[], context: Context): JsonObject {
  const routeDomain = routeDomainOf(context);
  const lists = resources.flatMap((resource): (readonly [string, JsonObject])[] => {
    const declared = declareList(resource, routeDomain);
    return declared === undefined ? [] : [[resource.name, declared]];
  });
  return Object.fromEntries(lists.sort(([a], [b]) => compareText(a, b)));
}

function declareList({ kind, spec, members, title = '' }: Resource, routeDomain: number): JsonObject | undefined {
  if (kind === tables.portList) return { class: 'Firewall_Port_List', ports: namesIn(spec['ports']) };
  if (kind !== tables.addressList) return undefined;
  const addresses = members?.map((member) => nativeMember(member, routeDomain)) ?? namesIn(spec['addresses']);
  const fqdns = namesIn(spec['fqdns']);
  return {
    class: 'Firewall_Address_List',
    ...(title !== '' && { remark: remark(title) }),
    ...orNobody(addresses, fqdns),
  };
}

/** AS3 takes no list without an entry, and a rule without a list is for everybody: nobody stands in for no one. */
function orNobody(addresses: readonly string[], fqdns: readonly string[]): JsonObject {
  if (addresses.length + fqdns.length === 0) return { addresses: [nobody] };
  return { ...(addresses.length > 0 && { addresses }), ...(fqdns.length > 0 && { fqdns }) };
}
