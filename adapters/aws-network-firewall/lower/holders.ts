import type { Family } from '../../../kit/common/groups/parts.ts';
import type { AddressGroup } from '../../../src/core/model/desired.ts';
import { associationsOf } from './associations.ts';
import { setsOf, type Context } from './groups.ts';

/** What rules name for a group. An association has pods of every family. */
export function holdersOf(
  group: AddressGroup,
  context: Context,
): readonly { readonly name: string; readonly families: readonly Family[] }[] {
  if (context.config.sources === 'container-association')
    return associationsOf(group, context).map(({ name }) => ({ name, families: ['IPv4', 'IPv6'] }));
  return setsOf(group, context).map(({ name, family }) => ({ name, families: [family] }));
}
