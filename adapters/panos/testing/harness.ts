import { elementText } from '../../../kit/common/api/xml.ts';
import { ourSubject } from '../../../kit/common/ownership/marks.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Drift, Harness } from '../../../test/kit/harness.ts';
import { keeperOf, kinds, readTag, untimed } from '../objects/names.ts';
import type { PanosSimulator } from '../simulator/simulator.ts';
import { entriesOf, entryOf, rulesTable, type Entry, type Table } from '../simulator/state.ts';

const owner = { cluster: 'east', point: 'edge' };

/** A simulator, how the adapter reaches it, and the hands of other administrators. */
export function harness(simulator: PanosSimulator, config: JsonObject = {}): Harness {
  const { username = '', apiKey = '' } = simulator.credentials;
  return {
    simulator,
    config: { ...simulator.config, ...config },
    secret: { username, apiKey, 'ca.crt': simulator.ca },
    plantForeign: () => plantForeign(simulator),
    collide: ({ kind, name }) => {
      const table = tableOf(kind);
      simulator.edit(table, (entries) => [...entries, { name, body: theirs[table] ?? {} }]);
    },
    edit: (drift) => edits[drift](simulator),
    refuse: ({ name }) => simulator.refuse(name),
  };
}

/** A client that uses the name of a tag for a group gets its addresses. */
function tableOf(kind: string): Table {
  if (kind === kinds.tag) return 'address-group';
  return kind === kinds.rule ? rulesTable : (kind as Table);
}

const officeRule = {
  from: { member: ['any'] },
  to: { member: ['any'] },
  source: { member: ['office'] },
  destination: { member: ['any'] },
  service: { member: ['any'] },
  application: { member: ['any'] },
  action: 'allow',
  description: 'set up by hand',
};
const theirs: Partial<Record<Table, JsonObject>> = {
  address: { 'ip-netmask': '192.168.0.0/16' },
  'address-group': { dynamic: { filter: "'office'" }, description: 'the office' },
  service: { protocol: { tcp: { port: '8080' } } },
  [rulesTable]: officeRule,
};

function plantForeign(simulator: PanosSimulator): () => unknown {
  const names: Partial<Record<Table, readonly string[]>> = {
    address: ['office'],
    'address-group': ['visitors'],
    service: ['web'],
    [rulesTable]: ['office-out', 'office-last'],
  };
  const planted = Object.entries(names) as [Table, readonly string[]][];
  for (const [table, own] of planted)
    simulator.edit(table, (entries) => [...entries, ...own.map((name) => ({ name, body: theirs[table] ?? {} }))]);
  simulator.change((state) => ({
    ...state,
    registered: new Map([...state.registered, ['192.168.7.7', new Map([['office', Infinity]])]]),
  }));
  return () => [
    planted.map(([table, own]) => own.map((name) => entryOf(simulator.state.running, table, name))),
    [...(simulator.state.registered.get('192.168.7.7') ?? [])],
  ];
}

const edits: Readonly<Record<Drift, (simulator: PanosSimulator) => void>> = {
  'member-added': (simulator) => setTag(simulator, '10.0.0.99', ourTag(simulator), true),
  'member-removed': (simulator) => {
    const tag = ourTag(simulator);
    const held = [...simulator.state.registered].flatMap(([ip, tags]) =>
      [...tags.keys()].map((name) => ({ ip, name })),
    );
    const { ip = '', name = '' } = held.find((one) => untimed(one.name) === tag && one.ip !== keeperOf(tag)) ?? {};
    setTag(simulator, ip, name, false);
  },
  'rule-disabled': (simulator) => changeRule(simulator, 'deny', { disabled: 'yes' }),
  'rule-widened': (simulator) => changeRule(simulator, 'allow', { destination: { member: ['any'] } }),
  'rule-moved': (simulator) => simulator.edit(rulesTable, (entries) => entries.toReversed()),
  'rule-deleted': (simulator) => {
    const gone = ourRule(simulator, 'deny');
    simulator.edit(rulesTable, (entries) => entries.filter((entry) => entry.name !== gone?.name));
  },
};

function ourTag(simulator: PanosSimulator): string {
  const tags = [...simulator.state.registered.values()].flatMap((held) => [...held.keys()]);
  return tags.find((tag) => readTag(owner, tag) !== undefined) ?? '';
}

function setTag(simulator: PanosSimulator, ip: string, tag: string, has: boolean): void {
  simulator.change((state) => {
    const tags = new Map(state.registered.get(ip));
    if (has) tags.set(tag, Infinity);
    else tags.delete(tag);
    const others = [...state.registered].filter(([key]) => key !== ip);
    return { ...state, registered: new Map(tags.size === 0 ? others : [...others, [ip, tags]]) };
  });
}

function ourRule(simulator: PanosSimulator, action: string): Entry | undefined {
  return entriesOf(simulator.state.running, rulesTable).find(
    ({ body }) =>
      elementText(body['action']) === action && ourSubject(owner, elementText(body['description'])) !== undefined,
  );
}

function changeRule(simulator: PanosSimulator, action: string, change: JsonObject): void {
  const rule = ourRule(simulator, action);
  simulator.edit(rulesTable, (entries) =>
    entries.map((entry) => (entry.name === rule?.name ? { ...entry, body: { ...entry.body, ...change } } : entry)),
  );
}
