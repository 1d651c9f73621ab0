import { isObject, namesIn, textOf } from '../../../kit/common/api/json.ts';
import { canonicalMember } from '../../../kit/common/groups/members.ts';
import type { Ownership } from '../../../kit/common/ownership/ownership.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { allPages } from '../api/pages.ts';
import { filler, groupOf, kinds, nativeName, scopePrefix } from '../objects/names.ts';
import { ipGroupPath, templates, underway, type Azure, type Known, type NativeGroup } from './known.ts';
import { endOf } from './operations.ts';
import { propertiesIn, stateIn } from './policy.ts';

/*
 * IP groups. The firewall takes minutes for a change of one that its rules name, and fails when two change at once. So none
 * ever changes: another content is another IP group, which is made while no rule names it, and the rules then name it instead.
 */

/** Tag of an IP group that holds our mark. */
const markTag = 'postern';

/** All that have a name of ours. @param ownership is told whose they are */
export async function readIpGroups(azure: Azure, ownership: Ownership): Promise<Map<string, NativeGroup>> {
  const natives = new Map<string, NativeGroup>();
  const path = ipGroupPath(azure.config);
  for (const row of await allPages(azure.ask, azure.config, { path, template: templates.ipGroups })) {
    const name = textOf(row['name']);
    if (!name.startsWith(scopePrefix(azure)) || stateIn(row) === 'Deleting') continue;
    const tags = row['tags'];
    const mark = isObject(tags) ? textOf(tags[markTag]) : '';
    const isOurs = ownership.subjectOf(mark) !== undefined;
    if (!isOurs) ownership.noteForeign(kinds.group, { name, mark }, groupOf(name) ?? name);
    natives.set(name, { name, id: textOf(row['id']), isOurs, state: stateIn(row), addresses: addressesIn(row) });
  }
  return natives;
}

/** Without the filler. */
function addressesIn(row: JsonObject): ReadonlySet<string> {
  const texts = namesIn(propertiesIn(row)['ipAddresses']).map(canonicalMember);
  return new Set(texts.filter((text) => text !== filler));
}

/**
 * The IP group with this content: one that is there, or a new one.
 *
 * @param mark whose it is and what for
 * @throws AdapterError when Azure does not make it
 */
export async function ensureIpGroup(
  azure: Azure,
  known: Known,
  group: string,
  { addresses, mark }: { readonly addresses: ReadonlySet<string>; readonly mark: string },
): Promise<string> {
  const inUse = new Set(known.current.values());
  for (let attempt = 0; ; attempt += 1) {
    const name = nativeName(group, addresses, attempt);
    const found = known.natives.get(name);
    if (found?.isOurs === true && isGood(found, addresses)) return name;
    if (found !== undefined && (!found.isOurs || inUse.has(name))) continue;
    await putIpGroup(azure, known, name, { addresses, mark });
    const path = ipGroupPath(azure.config, name);
    known.natives.set(name, { name, id: path, isOurs: true, state: 'Succeeded', addresses });
    return name;
  }
}

function isGood({ state, addresses }: NativeGroup, wanted: ReadonlySet<string>): boolean {
  return (
    state !== 'Failed' &&
    !underway.has(state) &&
    addresses.size === wanted.size &&
    [...wanted].every((address) => addresses.has(address))
  );
}

async function putIpGroup(
  azure: Azure,
  known: Known,
  name: string,
  { addresses, mark }: { readonly addresses: ReadonlySet<string>; readonly mark: string },
): Promise<void> {
  const path = ipGroupPath(azure.config, name);
  const answer = await azure.ask({
    method: 'PUT',
    path,
    template: templates.ipGroup,
    body: {
      location: known.policy.location,
      tags: { [markTag]: mark },
      properties: { ipAddresses: addresses.size === 0 ? [filler] : [...addresses].sort() },
    },
  });
  await endOf(azure, answer, `IP group ${name}`);
}

/** What no rule names any more. One that is in use after all stays. */
export async function deleteIpGroup(
  { ask, config }: Azure,
  known: Pick<Known, 'natives'>,
  name: string,
): Promise<void> {
  await ask({ method: 'DELETE', path: ipGroupPath(config, name), template: templates.ipGroup });
  known.natives.delete(name);
}
