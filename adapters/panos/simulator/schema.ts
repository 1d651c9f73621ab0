import { isObject } from '../../../kit/common/api/json.ts';
import { elementsIn, elementText, at } from '../../../kit/common/api/xml.ts';
import { parsePrefix, parseRange } from '../../../kit/simulator/traffic/addresses.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { Refusal } from './answers.ts';
import { isFilter } from './filter.ts';
import { entriesOf, entryOf, rulesTable, type Config, type Entry, type Table } from './state.ts';

/* What an entry may say, and what it may name. The words of refusal are the device's. */

type Check = (value: Json) => boolean;

const text =
  (limit: number): Check =>
  (value) =>
    elementText(value).length <= limit && (!isObject(value) || '#text' in value);
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(elementText(value));
const members: Check = (value) => membersIn(value).length > 0 && membersIn(value).every((member) => member !== '');
const yesNo = oneOf('yes', 'no');
const anything: Check = () => true;
const ports: Check = (value) => {
  const said = elementText(at(value, 'port'));
  return said.length <= 1023 && said.split(',').every(isPort);
};

function isPort(range: string): boolean {
  const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
  return from !== '' && Number(from) <= Number(to) && Number(to) <= 65_535;
}

const fields: Readonly<Record<Table, Readonly<Record<string, Check>>>> = {
  address: {
    'ip-netmask': (value) =>
      parseRange(elementText(value)) !== undefined || parsePrefix(elementText(value)) !== undefined,
    'ip-range': (value) => elementText(value).includes('-') && parseRange(elementText(value)) !== undefined,
    fqdn: (value) => /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/i.test(elementText(value)) && elementText(value).length <= 255,
    description: text(1023),
    tag: members,
  },
  'address-group': {
    static: members,
    dynamic: (value) => isFilter(elementText(at(value, 'filter'))),
    description: text(1023),
    tag: members,
  },
  service: {
    protocol: (value) => ports(at(value, 'tcp') ?? at(value, 'udp') ?? ''),
    description: text(1023),
    tag: members,
  },
  tag: { color: anything, comments: text(1023) },
  [rulesTable]: {
    from: members,
    to: members,
    source: members,
    destination: members,
    'source-user': members,
    'source-hip': members,
    'destination-hip': members,
    category: members,
    application: members,
    service: members,
    action: oneOf('allow', 'deny', 'drop', 'reset-client', 'reset-server', 'reset-both'),
    'log-setting': text(63),
    'log-start': yesNo,
    'log-end': yesNo,
    description: text(1024),
    disabled: yesNo,
    'negate-source': yesNo,
    'negate-destination': yesNo,
    'rule-type': oneOf('universal', 'intrazone', 'interzone'),
    'profile-setting': anything,
    schedule: text(31),
    option: anything,
    'icmp-unreachable': yesNo,
    tag: members,
    'group-tag': text(127),
  },
};

/** One of these must be said, and no other. */
const kindsOf: Partial<Record<Table, readonly string[]>> = {
  address: ['ip-netmask', 'ip-range', 'fqdn'],
  'address-group': ['static', 'dynamic'],
  service: ['protocol'],
};
const required = ['from', 'to', 'source', 'destination', 'service', 'application', 'action'];

export interface Surroundings {
  /** The serial number of the firewall that a Panorama manages, in its only device group; undefined: it is a firewall. */
  readonly manages: string | undefined;
  readonly zones: readonly string[];
  readonly profileGroups: readonly string[];
  readonly logSettings: readonly string[];
}

/** @throws Refusal 12 for what the table does not know, 'is not a valid reference' for what names nothing */
export function check(config: Config, table: Table, { name, body }: Entry, around: Surroundings): void {
  const last = table.slice(table.lastIndexOf('/') + 1);
  const fail = (words: string): never => {
    throw new Refusal(12, [`${last} -> ${name} ${words}`, `${last} is invalid`]);
  };
  if (!/^[A-Za-z0-9_][A-Za-z0-9_ .-]{0,62}$/.test(name)) fail('is not a valid name');
  const fault = Object.entries(body)
    .map(([field, value]) => faultOf(table, field, value))
    .find((words) => words !== undefined);
  if (fault !== undefined) fail(fault);
  const kinds = kindsOf[table];
  if (kinds !== undefined && kinds.filter((kind) => kind in body).length !== 1)
    fail(`needs one of ${kinds.join(', ')}`);
  const missing = table === rulesTable ? required.find((field) => !(field in body)) : undefined;
  if (missing !== undefined) fail(`is missing '${missing}'`);
  const twin = table === 'address' ? 'address-group' : 'address';
  if (table.startsWith('address') && entryOf(config, twin, name) !== undefined) fail(`'${name}' is already in use`);
  const wrong = namesIn(table, body).find(([field, named]) => !isThere(config, field, named, around));
  if (wrong !== undefined) fail(`-> ${wrong[0]} '${wrong[1]}' is not a valid reference`);
}

function faultOf(table: Table, field: string, value: Json): string | undefined {
  const valid = fields[table][field];
  if (valid === undefined) return `-> ${field} unexpected here`;
  return valid(value) ? undefined : `-> ${field} '${elementText(value).slice(0, 60)}' is invalid`;
}

/** What an entry names, by field. */
export function namesIn(table: Table, body: JsonObject): readonly (readonly [string, string])[] {
  const pairs = (field: string, value: Json | undefined): [string, string][] =>
    membersIn(value).map((member) => [field, member]);
  if (table === 'address-group') return [...pairs('static', body['static']), ...pairs('tag', body['tag'])];
  if (table === 'address' || table === 'service') return pairs('tag', body['tag']);
  if (table !== rulesTable) return [];
  const lists = ['from', 'to', 'source', 'destination', 'service', 'tag'];
  const log = elementText(body['log-setting']);
  return [
    ...lists.flatMap((field) => pairs(field, body[field])),
    ...pairs('profile-setting', at(body['profile-setting'], 'group')),
    ...(log === '' ? [] : ([['log-setting', log]] as const)),
  ];
}

function isThere(
  config: Config,
  field: string,
  name: string,
  { zones, profileGroups, logSettings }: Surroundings,
): boolean {
  if (name === 'any') return field !== 'static' && field !== 'tag';
  switch (field) {
    case 'from':
    case 'to':
      // A Panorama does not know the zones of its firewalls.
      return zones.length === 0 || zones.includes(name);
    case 'service':
      return (
        ['application-default', 'service-http', 'service-https'].includes(name) ||
        entryOf(config, 'service', name) !== undefined
      );
    case 'tag':
      return entryOf(config, 'tag', name) !== undefined;
    case 'profile-setting':
      return profileGroups.includes(name);
    case 'log-setting':
      return logSettings.includes(name);
    default:
      return isAddress(config, name) || (field !== 'static' && parseRange(name) !== undefined);
  }
}

function isAddress(config: Config, name: string): boolean {
  return entryOf(config, 'address', name) !== undefined || entryOf(config, 'address-group', name) !== undefined;
}

/** Who names an entry. */
export function usersOf(config: Config, table: Table, name: string): readonly string[] {
  const reach: Partial<Record<Table, readonly string[]>> = {
    address: ['source', 'destination', 'static'],
    'address-group': ['source', 'destination', 'static'],
    service: ['service'],
    tag: ['tag'],
  };
  return [...config.keys()].flatMap((user) =>
    entriesOf(config, user)
      .filter(({ body }) =>
        namesIn(user, body).some(([field, named]) => named === name && reach[table]?.includes(field)),
      )
      .map((entry) => `${user} -> ${entry.name}`),
  );
}

export function membersIn(list: Json | undefined): readonly string[] {
  return elementsIn(at(list, 'member')).map(elementText);
}
