import { describeAdapter } from '../../test/kit/conformance.ts';
import type { Drift, Harness } from '../../test/kit/harness.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import { fortigate } from './adapter.ts';
import { namesIn, textOf } from '../../kit/common/api/json.ts';
import { ourSubject } from '../../kit/common/ownership/marks.ts';
import { tables } from './objects/names.ts';
import { startFortigate, type FortigateSimulator } from './simulator/simulator.ts';

const owner = { cluster: 'east' };

/** Every version once, each carrier with and without transactions; those that differ little from another more briefly. */
const variants = [
  { name: 'with objects, one by one,', version: '6.4', config: { anchor: 'bottom' }, brief: false },
  { name: 'with objects, one by one,', version: '7.0', config: { anchor: 'bottom' }, brief: true },
  { name: 'with pushed feeds, one by one,', version: '7.2', config: {}, brief: true },
  { name: 'with pushed feeds, all at once,', version: '7.4', config: {}, brief: false },
  { name: 'with objects, all at once,', version: '7.6', config: { carrier: 'objects' }, brief: true },
] as const;

/** Each takes every request of two syncs; a crash and a lost answer at every request stay in all variants. */
const atLength = [
  'ends in the same state when a request is answered with an error',
  'ends in the same state when a request is carried out and answered with an error',
  'ends in the same state when the connection is cut before a request is carried out',
  'ends in the same state when the device wants to be asked later',
  'ends in the same state when a proxy answers with a page for people',
  'a device that restarts with what it had before, at any write, is not taken for one that goes on',
].map((law) => ({ law, reason: 'the same requests are put to it with 6.4 or 7.4' }));

for (const { name, version, config, brief } of variants) {
  describeAdapter({
    name: `fortigate ${name}`,
    timeoutMs: 180_000,
    adapter: fortigate,
    versions: [version],
    start: async (started) => harness(await startFortigate({ port: 0, ...(started && { version: started }) }), config),
    skip: [
      {
        law: 'keeps to the limits of the device',
        reason: 'a group is one resource; its session divides it, which session.test.ts puts to the test',
      },
      ...(brief ? atLength : []),
    ],
  });
}

function harness(simulator: FortigateSimulator, config: JsonObject): Harness {
  return {
    simulator,
    config: { url: simulator.url, ...config },
    secret: { ...simulator.credentials, 'ca.crt': simulator.ca },
    plantForeign: () => plantForeign(simulator),
    collide: ({ kind, name }) => simulator.put(kind, { name, ...theirs[kind] }),
    edit: (drift) => edits[drift](simulator),
    refuse: ({ kind, name }) => simulator.refuse(kind, name),
  };
}

const theirs: Readonly<Record<string, JsonObject>> = {
  [tables.address]: { subnet: '192.168.0.0/16', comment: 'the office' },
  [tables.address6]: { ip6: '2001:db8:ffff::/48', comment: 'the office' },
  [tables.group]: { member: [{ name: 'none' }], comment: 'the office' },
  [tables.group6]: { member: [{ name: 'none' }], comment: 'the office' },
  [tables.service]: { 'tcp-portrange': '8080', comment: 'the office' },
  [tables.feed]: { type: 'address', resource: 'https://feeds.example.com/list', comments: 'the office' },
};

function plantForeign(simulator: FortigateSimulator): () => unknown {
  const planted = Object.entries(theirs).map(([table, row], at) => ({ table, name: `office-${at}`, row }));
  for (const { table, name, row } of planted) simulator.put(table, { name, ...row });
  for (const name of ['office-out', 'office-last']) {
    simulator.put(tables.policy, {
      policyid: name === 'office-out' ? 7 : 8,
      name,
      srcintf: [{ name: 'any' }],
      dstintf: [{ name: 'any' }],
      srcaddr: [{ name: 'office-0' }],
      dstaddr: [{ name: 'all' }],
      service: [{ name: 'ALL' }],
      schedule: 'always',
      action: 'accept',
    });
  }
  return () => [
    ...planted.map(({ table, name }) => simulator.rows(table).find((row) => row['name'] === name)),
    ...simulator.rows(tables.policy).filter((row) => textOf(row['name']).startsWith('office')),
  ];
}

const edits: Readonly<Record<Drift, (simulator: FortigateSimulator) => void>> = {
  'member-added': (simulator) => {
    const feed = ourRows(simulator, tables.feed)[0];
    if (feed !== undefined) changeFeed(simulator, feed, (entries) => [...entries, '10.0.0.99']);
    else changeGroup(simulator, (members) => [...members, 'all']);
  },
  'member-removed': (simulator) => {
    const feed = ourRows(simulator, tables.feed)[0];
    if (feed !== undefined) changeFeed(simulator, feed, (entries) => entries.slice(1));
    else changeGroup(simulator, (members) => members.slice(1));
  },
  'rule-disabled': (simulator) => change(simulator, 'deny', { status: 'disable' }),
  'rule-widened': (simulator) =>
    change(simulator, 'accept', { dstaddr: [{ name: 'all' }], dstaddr6: [{ name: 'all' }] }),
  'rule-moved': (simulator) => {
    const [first, , last] = ourRows(simulator, tables.policy);
    simulator.move(Number(last?.['policyid']), { before: textOf(first?.['policyid']) });
  },
  'rule-deleted': (simulator) => {
    const [denying] = ourRows(simulator, tables.policy).filter((row) => row['action'] === 'deny');
    simulator.remove(tables.policy, textOf(denying?.['policyid']));
  },
};

function ourRows(simulator: FortigateSimulator, table: string): readonly JsonObject[] {
  const marks = (row: JsonObject): string => textOf(row['comments'] ?? row['comment']);
  return simulator.rows(table).filter((row) => ourSubject(owner, marks(row)) !== undefined);
}

function changeFeed(
  simulator: FortigateSimulator,
  feed: JsonObject,
  edit: (entries: readonly string[]) => readonly string[],
): void {
  const name = textOf(feed['name']);
  const { feeds } = simulator.dump()['root'] as { readonly feeds: Readonly<Record<string, readonly string[]>> };
  simulator.fillFeed(name, edit(feeds[name] ?? []));
}

/** The first group with two members, so that one is left on a device that knows no empty group. */
function changeGroup(simulator: FortigateSimulator, edit: (members: readonly string[]) => readonly string[]): void {
  const group = ourRows(simulator, tables.group).find((row) => namesIn(row['member']).length > 1);
  const member = edit(namesIn(group?.['member'])).map((name) => ({ name }));
  simulator.put(tables.group, { name: textOf(group?.['name']), member });
}

function change(simulator: FortigateSimulator, action: string, edit: JsonObject): void {
  const [policy] = ourRows(simulator, tables.policy).filter((row) => row['action'] === action);
  simulator.put(tables.policy, { policyid: Number(policy?.['policyid']), ...edit });
}
