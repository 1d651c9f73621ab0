import { isObject, namesIn, textOf } from '../../../kit/common/api/json.ts';
import { canonicalMember } from '../../../kit/common/groups/members.ts';
import type { Ownership } from '../../../kit/common/ownership/ownership.ts';
import { canonical, type JsonObject } from '../../../src/core/model/json.ts';
import { allPages } from '../api/pages.ts';
import { filler, groupOf, isFollowed, kinds, nativeName, scopePrefix } from '../objects/names.ts';
import { shapeOf } from '../objects/selectors.ts';
import {
  ipGroupsPath,
  selectorGroupsPath,
  templates,
  statesInProgress,
  type Azure,
  type Known,
  type NativeGroup,
} from './known.ts';
import { endOf } from './operations.ts';
import { propertiesIn, stateIn } from './policy.ts';

/*
 * What rules name for their sources: IP groups, and kube selector groups. The firewall takes minutes for a change of one that
 * its rules name, and fails when two change at once. So none ever changes: another content is another group, which is made while
 * no rule names it, and the rules then name it instead.
 */

/** Tag of an IP group that holds our mark. A kube selector group has no room for one: its name says what it must hold. */
const markTag = 'postern';

/** All in the resource group of ours, as Azure shows them. */
export async function readIpGroups({ ask, config }: Azure): Promise<readonly JsonObject[]> {
  return allPages(ask, config, { path: ipGroupsPath(config), template: templates.ipGroups });
}

/** All of the policy. */
export async function readSelectorGroups({ ask, config }: Azure): Promise<readonly JsonObject[]> {
  return allPages(ask, config, { path: selectorGroupsPath(config), template: templates.selectorGroups });
}

/** Those that have a name of ours. @param ownership is told whose they are */
export function nativesIn(rows: readonly JsonObject[], azure: Azure, ownership: Ownership): Map<string, NativeGroup> {
  const natives = new Map<string, NativeGroup>();
  for (const row of rows) {
    const name = textOf(row['name']);
    if (!name.startsWith(scopePrefix(azure)) || stateIn(row) === 'Deleting') continue;
    const content = contentIn(row, name);
    const mark = isObject(row['tags']) ? textOf(row['tags'][markTag]) : '';
    const isOurs = isFollowed(name) ? holdsWhatItSays(name, content) : ownership.subjectOf(mark) !== undefined;
    // Nothing waits for one that was changed: another takes its place.
    if (!isOurs && isFollowed(name)) ownership.noteForeign(kinds.followed, { name, mark });
    else if (!isOurs) ownership.noteForeign(kinds.group, { name, mark }, groupOf(name) ?? name);
    natives.set(name, { name, id: textOf(row['id']), isOurs, state: stateIn(row), content });
  }
  return natives;
}

/** Without the filler. */
function contentIn(row: JsonObject, name: string): ReadonlySet<string> {
  const properties = propertiesIn(row);
  if (isFollowed(name)) return new Set([canonical(shapeOf(properties))]);
  const texts = namesIn(properties['ipAddresses']).map(canonicalMember);
  return new Set(texts.filter((text) => text !== filler));
}

const mostAttempts = 16;

function holdsWhatItSays(name: string, content: ReadonlySet<string>): boolean {
  const group = groupOf(name) ?? '';
  return Array.from({ length: mostAttempts }, (_, attempt) => nativeName(group, content, attempt)).includes(name);
}

export interface Wanted {
  readonly content: ReadonlySet<string>;
  /** Whose it is and what for. */
  readonly mark: string;
}

/**
 * The one in Azure with this content: one that is there, or a new one.
 *
 * @throws AdapterError when Azure does not make it
 */
export async function ensureGroup(azure: Azure, known: Known, group: string, wanted: Wanted): Promise<string> {
  const inUse = new Set(known.current.values());
  const { content } = wanted;
  for (let attempt = 0; ; attempt += 1) {
    const name = nativeName(group, content, attempt);
    const found = known.natives.get(name);
    if (found?.isOurs === true && isGood(found, content)) return name;
    if (found !== undefined && (!found.isOurs || inUse.has(name))) continue;
    await putGroup(azure, known, name, wanted);
    known.natives.set(name, { name, id: placeOf(azure, name).path, isOurs: true, state: 'Succeeded', content });
    return name;
  }
}

function isGood({ state, content }: NativeGroup, wanted: ReadonlySet<string>): boolean {
  return (
    state !== 'Failed' &&
    !statesInProgress.has(state) &&
    content.size === wanted.size &&
    [...wanted].every((one) => content.has(one))
  );
}

function placeOf(
  { config }: Pick<Azure, 'config'>,
  name: string,
): { readonly path: string; readonly template: string } {
  return isFollowed(name)
    ? { path: `${selectorGroupsPath(config)}/${name}`, template: templates.selectorGroup }
    : { path: `${ipGroupsPath(config)}/${name}`, template: templates.ipGroup };
}

async function putGroup(azure: Azure, known: Known, name: string, { content, mark }: Wanted): Promise<void> {
  const [selectors = '{}'] = content;
  const body: JsonObject = isFollowed(name)
    ? { properties: JSON.parse(selectors) as JsonObject }
    : {
        location: known.policy.location,
        tags: { [markTag]: mark },
        properties: { ipAddresses: content.size === 0 ? [filler] : [...content].sort() },
      };
  const answer = await azure.ask({ method: 'PUT', ...placeOf(azure, name), body });
  await endOf(azure, answer, name);
}

/** What no rule names any longer. One that is in use after all stays. */
export async function deleteGroup(azure: Azure, known: Pick<Known, 'natives'>, name: string): Promise<void> {
  await azure.ask({ method: 'DELETE', ...placeOf(azure, name) });
  known.natives.delete(name);
}
