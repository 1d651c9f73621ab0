import { repeatable, unlessRefused } from '../../../kit/common/api/answers.ts';
import type { Dispatch, Operations } from '../../../kit/common/dispatch.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { Place } from '../../../src/core/model/plan.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { disabledName, entryElement } from '../objects/entries.ts';
import { kinds, type ConfigKind } from '../objects/names.ts';
import type { Edit, Panos, Work } from './device.ts';
import { entryPath } from './paths.ts';

const entryOperations: Operations<Work> = {
  create: (work, { after }) => put(work, after),
  update: (work, { after }) => put(work, after),
  delete: (work, { key }) => drop(work, key.kind as ConfigKind, key.name),
};

const ruleOperations: Operations<Work> = {
  create: async (work, { after, place }) => {
    await put(work, after);
    const { name } = after;
    work.rules.put({ id: name, name, ours: true, enabled: true, denies: after.effect === 'Deny' });
    await move(work, name, place ?? { after: null });
  },
  update: (work, { after }) => put(work, after),
  move: (work, { key, place }) => move(work, key.name, place),
  delete: async (work, { key }) => {
    const name = key.name.replace(/^#/, '');
    // One that was switched off may have been made again in its place.
    if (key.name === disabledName(name) && work.rules.find(name)?.enabled === true) return;
    await drop(work, kinds.rule, name);
    work.rules.drop(name);
  },
};

/** What puts edits together, in the order of the changes. */
export const edits: Dispatch<Work> = {
  // What is to be pushed is not edited.
  kinds: { [kinds.rule]: ruleOperations, [kinds.push]: { update: () => Promise.resolve() } },
  others: entryOperations,
};

/** An entry is written as a whole, so that nothing stays of what another client has set in it. */
function put({ config, edits: list }: Work, { kind, name, spec }: Resource): Promise<void> {
  const own = kind as ConfigKind;
  list.push({ op: 'edit', content: { '@xpath': entryPath(config, own, name), ...entryElement(own, name, spec) } });
  return Promise.resolve();
}

function drop({ config, edits: list }: Work, kind: ConfigKind, name: string): Promise<void> {
  list.push({ op: 'delete', content: { '@xpath': entryPath(config, kind, name) } });
  return Promise.resolve();
}

function move({ config, edits: list, rules }: Work, name: string, place: Place): Promise<void> {
  const to = rules.placeOf(name, place, config.anchor);
  if (to === undefined) return Promise.resolve();
  const [where, dst] = 'before' in to ? (['before', to.before] as const) : (['after', to.after] as const);
  list.push({ op: 'move', content: { '@xpath': entryPath(config, kinds.rule, name), '@where': where, '@dst': dst } });
  rules.move(name, to);
  return Promise.resolve();
}

/**
 * In a group that is not there, as one that was renamed, every table seems empty, and an edit would make the group. Addresses
 * that are registered at the firewall itself are not edits: those are withdrawn all the same.
 *
 * @throws AdapterError `invalid` where a Panorama has no such device group
 */
export async function expectDeviceGroup({ ask, config: { panorama } }: Panos): Promise<void> {
  if (panorama === undefined) return;
  const xpath = `/config/devices/entry[@name='localhost.localdomain']/device-group/entry[@name='${panorama.deviceGroup}']`;
  const asked = ask({ type: 'config', what: 'show device-group', reads: true, action: 'show', xpath });
  if ((await unlessRefused(asked, 'not-found')) !== undefined) return;
  throw new AdapterError(
    'invalid',
    `The Panorama has no device group ${panorama.deviceGroup} in force. If it was renamed, write its name into config.panorama.deviceGroup.`,
  );
}

/** All edits in one request, all or none. @throws AdapterError as the first that is refused says */
export async function sendEdits({ ask }: Panos, list: readonly Edit[]): Promise<void> {
  const sequence = list.map(({ op, content }, at) => ({ [op]: { '@id': `${at + 1}`, ...content } }));
  const element = { 'multi-configure-request': { '#sequence': sequence } };
  const options = { 'strict-transactional': 'yes' };
  await ask({ type: 'config', what: 'edit', action: 'multi-config', element, options });
}

/** What an earlier attempt of ours left in the candidate configuration, and no other owner's. */
export async function revertOurs({ ask, admin }: Panos): Promise<void> {
  const cmd = { revert: { config: { partial: { admin: { member: [admin] } } } } };
  await repeatable(() => ask({ type: 'op', what: 'revert own edits', cmd }));
}
