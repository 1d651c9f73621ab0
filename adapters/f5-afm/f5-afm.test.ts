import { describeAdapter } from '../../test/kit/conformance.ts';
import type { Drift, Harness } from '../../test/kit/harness.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import { f5Afm } from './adapter.ts';
import { namesIn, textOf } from '../../kit/common/api/json.ts';
import { ourSubject } from '../../kit/common/ownership/marks.ts';
import { tables } from './objects/names.ts';
import { startF5Afm, type F5AfmSimulator } from './simulator/simulator.ts';
import { owner, prepare, rowsAt, rulesPath } from './testing/device.ts';

const isOneGroup = {
  law: 'keeps to the limits of the device',
  reason: 'a group is one resource; its session divides it, which session.test.ts puts to the test',
};

const variants = [
  {
    name: 'with a policy of our own in the global context,',
    version: '17.1',
    config: {},
    skip: [
      {
        law: 'two clusters share one device and never touch each other',
        reason:
          'a context enforces one policy: clusters that share one are in a policy of the user, which the next variant is',
      },
    ],
  },
  { name: 'in a policy of the user,', version: '15.1', config: { policy: '/postern/corporate' }, skip: [] },
] as const;

for (const { name, version, config, skip } of variants) {
  describeAdapter({
    name: `f5-afm ${name}`,
    adapter: f5Afm,
    versions: [version],
    start: async (started) => harness(await startF5Afm({ port: 0, ...(started && { version: started }) }), config),
    skip: [isOneGroup, ...skip],
  });
}

/** The device as its administrator has prepared it: for the second variant with a policy that is enforced. */
function prepared(simulator: F5AfmSimulator, config: JsonObject): void {
  prepare(simulator);
  if (config['policy'] === undefined) return;
  simulator.administer('POST', `/mgmt/tm/${tables.policy}`, { name: 'corporate', partition: 'postern' });
  const enforcedPolicy = '/postern/corporate';
  simulator.administer('PATCH', '/mgmt/tm/security/firewall/global-rules', { enforcedPolicy });
}

function harness(started: F5AfmSimulator, config: JsonObject): Harness {
  const reset = (): void => {
    started.reset();
    prepared(started, config);
  };
  const simulator: F5AfmSimulator = { ...started, reset };
  prepared(started, config);
  return {
    simulator,
    config: { url: simulator.url, ...config },
    secret: { ...simulator.credentials, 'ca.crt': simulator.ca },
    plantForeign: () => plantForeign(simulator),
    collide: ({ kind, name }) => {
      simulator.administer('POST', `/mgmt/tm/${kind}`, { name, partition: 'postern', ...theirs[kind] });
    },
    edit: (drift) => edits[drift](simulator),
    refuse: ({ kind, name }) =>
      simulator.refuse(kind === tables.context ? 'global-rules' : name.slice(name.lastIndexOf('/') + 1)),
  };
}

const theirs: Readonly<Record<string, JsonObject>> = {
  [tables.addressList]: { addresses: [{ name: '192.168.0.0/16' }], description: 'the office' },
  [tables.portList]: { ports: [{ name: '8080' }], description: 'the office' },
  [tables.schedule]: { dateValidEnd: '2037-01-01T00:00:00Z', description: 'the office' },
  [tables.ruleList]: { description: 'the office' },
  [tables.policy]: { description: 'the office' },
};

function plantForeign(simulator: F5AfmSimulator): () => unknown {
  const paths = Object.entries(theirs).map(([table, row], at) => {
    simulator.administer('POST', `/mgmt/tm/${table}`, { name: `office-${at}`, partition: 'postern', ...row });
    return `/mgmt/tm/${table}/~postern~office-${at}`;
  });
  return () => paths.map((path) => simulator.administer('GET', path));
}

const edits: Readonly<Record<Drift, (simulator: F5AfmSimulator) => void>> = {
  'member-added': (simulator) => editList(simulator, (members) => [...members, '10.0.0.99']),
  'member-removed': (simulator) => editList(simulator, (members) => members.filter((member) => member.includes(':'))),
  'rule-disabled': (simulator) => editRule(simulator, 'drop', { status: 'disabled' }),
  'rule-widened': (simulator) => editRule(simulator, 'accept', { destination: { addressLists: [] } }),
  'rule-moved': (simulator) => {
    const names = rulesOf(simulator).map((rule) => textOf(rule['name']));
    simulator.administer('PATCH', `/mgmt/tm/${rulesPath}/${names.at(-1) ?? ''}`, { placeBefore: 'first' });
  },
  'rule-deleted': (simulator) => {
    const rule = rulesOf(simulator).find(({ action }) => action === 'drop');
    simulator.administer('DELETE', `/mgmt/tm/${rulesPath}/${textOf(rule?.['name'])}`);
  },
};

function rulesOf(simulator: F5AfmSimulator): readonly JsonObject[] {
  return rowsAt(simulator, rulesPath);
}

function editRule(simulator: F5AfmSimulator, action: string, edit: JsonObject): void {
  const rule = rulesOf(simulator).find((row) => textOf(row['action']).startsWith(action));
  simulator.administer('PATCH', `/mgmt/tm/${rulesPath}/${textOf(rule?.['name'])}`, edit);
}

/** The first list of an accepting group. */
function editList(simulator: F5AfmSimulator, edit: (members: readonly string[]) => readonly string[]): void {
  const lists = rowsAt(simulator, tables.addressList);
  const list = lists.find((row) => ourSubject(owner, textOf(row['description']))?.startsWith('Accept/'));
  const addresses = edit(namesIn(list?.['addresses'])).map((name) => ({ name }));
  simulator.administer('PATCH', `/mgmt/tm/${tables.addressList}/~postern~${textOf(list?.['name'])}`, { addresses });
}
