import { withItem } from '../../../../kit/simulator/held-state.ts';
import { randomBytes } from 'node:crypto';
import { parsePrefix, rangeText } from '../../../../kit/simulator/traffic/addresses.ts';
import { textOf } from '../../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { Failure } from '../../../../kit/simulator/aws/calls.ts';
import { account, arns, listIn, referencesOf, type Entry, type PrefixList, type State } from './state.ts';

/* The EC2 half: managed prefix lists, by "Managed prefix lists" of the VPC guide and the EC2 API reference. */

const quotas = { lists: 100, entries: 1_000 } as const;

interface Answered {
  readonly state: State;
  readonly output: JsonObject;
}

export interface Progress {
  readonly now: number;
  /** Requests that something takes until it is complete. */
  readonly takes: number;
}

export function createList(state: State, input: JsonObject, { now, takes }: Progress): Answered {
  const {
    PrefixListName: name,
    AddressFamily: family,
    ClientToken: clientToken = '',
  } = input as Readonly<Record<string, string>>;
  const known = [...state.lists.values()].find((list) => clientToken !== '' && list.clientToken === clientToken);
  if (known !== undefined) return { state, output: { prefixList: described(known) } };
  if (family !== 'IPv4' && family !== 'IPv6')
    throw new Failure('InvalidParameterValue', 'AddressFamily must be IPv4 or IPv6');
  if (name === undefined || name.length > 255 || name.startsWith('com.amazonaws'))
    throw new Failure('InvalidParameterValue', 'PrefixListName');
  const maxEntries = sizeOf(input);
  if (state.lists.size >= quotas.lists)
    throw new Failure('PrefixListLimitExceeded', `You have reached the limit of ${quotas.lists} prefix lists`);
  const entries = changed(new Map(), { family, maxEntries }, listIn(input, 'Entry'), []);
  const id = `pl-${randomBytes(9).toString('hex').slice(0, 17)}`;
  const list: PrefixList = {
    id,
    name,
    family,
    maxEntries,
    version: 1,
    state: 'create-in-progress',
    readyAt: now + takes,
    entries,
    inForce: new Map(),
    tags: tagsIn(input),
    clientToken,
  };
  return { state: { ...state, lists: withItem(state.lists, id, list) }, output: { prefixList: described(list) } };
}

export function modifyList(state: State, input: JsonObject, { now, takes }: Progress): Answered {
  const list = idle(state, input);
  const { CurrentVersion: version, MaxEntries: size, AddEntry, RemoveEntry } = input;
  const changesEntries = AddEntry !== undefined || RemoveEntry !== undefined;
  if (size !== undefined && changesEntries) {
    throw new Failure(
      'InvalidParameterCombination',
      'You cannot modify the entries and the maximum number of entries in one request',
    );
  }
  if (changesEntries && version === undefined)
    throw new Failure('MissingParameter', 'CurrentVersion must be given with entries');
  if (version !== undefined && Number(version) !== list.version) {
    throw new Failure(
      'PrefixListVersionMismatch',
      `The prefix list has the version ${list.version} and not ${Number(version)}`,
    );
  }
  const maxEntries = size === undefined ? list.maxEntries : sizeOf(input);
  if (maxEntries < list.entries.size)
    throw new Failure('PrefixListMaxEntriesExceeded', 'MaxEntries is less than the number of entries');
  const removed = listIn(input, 'RemoveEntry').map(({ Cidr }) => Cidr);
  const entries = changed(list.entries, { family: list.family, maxEntries }, listIn(input, 'AddEntry'), removed);
  const after: PrefixList = {
    ...list,
    maxEntries,
    entries,
    state: 'modify-in-progress',
    readyAt: now + takes,
    version: changesEntries ? list.version + 1 : list.version,
  };
  return {
    state: { ...state, lists: withItem(state.lists, list.id, after) },
    output: { prefixList: described(after) },
  };
}

export function deleteList(state: State, input: JsonObject, { now, takes }: Progress): Answered {
  const list = idle(state, input);
  const uses = [...state.groups.values()].filter(({ document }) =>
    referencesOf(document).some(([, arn]) => arn === arns.list(list.id)),
  );
  if (uses.length > 0)
    throw new Failure('DependencyViolation', `The prefix list ${list.id} is used by ${uses.length} rule groups`);
  const after: PrefixList = { ...list, state: 'delete-in-progress', readyAt: now + takes };
  return {
    state: { ...state, lists: withItem(state.lists, list.id, after) },
    output: { prefixList: described(after) },
  };
}

export function describeLists({ lists }: State, input: JsonObject): JsonObject {
  const ids = input['PrefixListId'] as readonly string[] | undefined;
  for (const id of ids ?? []) find(lists, id);
  const filters = listIn(input, 'Filter');
  const rows = [...lists.values()].filter((list) => ids?.includes(list.id) ?? true).map(described);
  const kept = [...(ids === undefined ? managed : []), ...rows].filter((row) =>
    filters.every((filter) => passes(row, filter)),
  );
  return page('prefixListSet', kept, input);
}

export function listEntries({ lists }: State, input: JsonObject): JsonObject {
  const list = find(lists, textOf(input['PrefixListId']));
  const shown = shownVersion(list);
  if (input['TargetVersion'] !== undefined && Number(input['TargetVersion']) !== shown) {
    throw new Failure('InvalidPrefixListVersion.NotFound', 'only the current version is kept here');
  }
  const rows = [...(shown === list.version ? list.entries : list.inForce)].map(([cidr, description]): JsonObject => ({
    cidr,
    ...(description !== '' && { description }),
  }));
  return page('entrySet', rows, input);
}

/** Lists that the service itself owns. */
const managed: readonly JsonObject[] = ['s3', 'dynamodb'].map((service, at) => ({
  prefixListId: `pl-0000000${at}`,
  prefixListName: `com.amazonaws.eu-west-1.${service}`,
  addressFamily: 'IPv4',
  state: 'create-complete',
  ownerId: 'AWS',
}));

const filterFields: Readonly<Record<string, string>> = {
  'prefix-list-id': 'prefixListId',
  'prefix-list-name': 'prefixListName',
  'owner-id': 'ownerId',
};

function passes(
  row: JsonObject,
  { Name, Value }: { readonly Name: string; readonly Value: readonly string[] },
): boolean {
  const field = filterFields[Name];
  if (field === undefined) throw new Failure('InvalidParameterValue', `The filter '${Name}' is invalid`);
  return Value.includes(textOf(row[field]));
}

function described(list: PrefixList): JsonObject {
  return {
    prefixListId: list.id,
    addressFamily: list.family,
    state: list.state,
    prefixListArn: arns.list(list.id),
    prefixListName: list.name,
    maxEntries: list.maxEntries,
    version: shownVersion(list),
    tagSet: Object.entries(list.tags).map(([key, value]) => ({ key, value })),
    ownerId: account,
  };
}

/** Whether AWS names a new version before it is complete is not documented: here it does not. */
function shownVersion({ state, version, entries, inForce }: PrefixList): number {
  return state === 'modify-in-progress' && entries !== inForce ? version - 1 : version;
}

/** @throws Failure while something is in progress */
function idle({ lists }: State, input: JsonObject): PrefixList {
  const list = find(lists, textOf(input['PrefixListId']));
  if (!list.state.endsWith('-in-progress')) return list;
  throw new Failure('IncorrectState', `The request cannot be completed in the current state (${list.state}).`);
}

function find(lists: ReadonlyMap<string, PrefixList>, id: string): PrefixList {
  const list = lists.get(id);
  if (list === undefined)
    throw new Failure('InvalidPrefixListID.NotFound', `The prefix list ID '${id}' does not exist.`);
  return list;
}

function sizeOf(input: JsonObject): number {
  const size = Number(input['MaxEntries']);
  if (size < 1 || size > quotas.entries)
    throw new Failure('PrefixListMaxEntriesExceeded', `MaxEntries must be 1 to ${quotas.entries}`);
  return size;
}

function changed(
  entries: ReadonlyMap<string, string>,
  { family, maxEntries }: Pick<PrefixList, 'family' | 'maxEntries'>,
  add: readonly Entry[],
  remove: readonly string[],
): ReadonlyMap<string, string> {
  const after = new Map(entries);
  const going = new Set(remove);
  for (const cidr of remove) {
    if (!after.delete(cidr)) throw new Failure('InvalidPrefixListModification', `The prefix list has no entry ${cidr}`);
  }
  for (const { Cidr: cidr, Description = '' } of add) {
    const range = parsePrefix(cidr);
    const isCanonical =
      range !== undefined && cidr.startsWith(`${rangeText({ ...range, last: range.first }, 'prefix')}/`);
    if (!isCanonical || (range.family === 4) !== (family === 'IPv4'))
      throw new Failure('InvalidParameterValue', `The CIDR ${cidr} is invalid`);
    if (Description.length > 255) throw new Failure('InvalidParameterValue', 'Description is too long');
    if (after.has(cidr) || going.has(cidr))
      throw new Failure('InvalidPrefixListModification', `The entry ${cidr} is given twice or is there already`);
    after.set(cidr, Description);
  }
  if (after.size > maxEntries)
    throw new Failure('PrefixListMaxEntriesExceeded', `${after.size} entries are more than ${maxEntries}`);
  return after;
}

function tagsIn(input: JsonObject): Readonly<Record<string, string>> {
  const specifications = listIn(input, 'TagSpecification');
  return Object.fromEntries(specifications.flatMap(({ Tag = [] }) => Tag.map(({ Key, Value = '' }) => [Key, Value])));
}

function page(name: string, rows: readonly JsonObject[], input: JsonObject): JsonObject {
  const from = Number(input['NextToken'] ?? 0);
  const to = from + Number(input['MaxResults'] ?? 100);
  return { [name]: rows.slice(from, to), ...(to < rows.length && { nextToken: String(to) }) };
}
