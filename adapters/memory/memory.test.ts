import { describeAdapter } from '../../test/kit/conformance.ts';
import type { Drift, Harness } from '../../test/kit/harness.ts';
import { createMemoryAdapter } from './adapter.ts';
import type { Tables } from './device.ts';
import type { NativeGroup, NativeRule } from './native.ts';
import { MemorySimulator } from './simulator.ts';

const variants = {
  'memory, all at once,': { transactions: true },
  'memory, one by one,': { transactions: false },
  'memory, all at once, every write pending for three polls,': { transactions: true, pollsPerWrite: 3 },
  'memory, one by one, every write pending for three polls,': { transactions: false, pollsPerWrite: 3 },
};

for (const [name, config] of Object.entries(variants)) {
  const simulator = new MemorySimulator();
  describeAdapter({
    name,
    adapter: createMemoryAdapter(() => simulator),
    start: () => Promise.resolve(harness(simulator, config)),
    skip: [{ law: 'keeps to the limits of the device', reason: 'a group of this device holds any number of members' }],
  });
}

const theirGroup: NativeGroup = { name: 'lan', mark: '', title: 'the office', members: ['192.168.0.0/16'] };
const theirRule: NativeRule = {
  name: 'lan-out',
  mark: 'set up by hand',
  action: 'Accept',
  enabled: true,
  log: false,
  sources: ['lan'],
  to: ['any'],
  services: ['any'],
};

function harness(simulator: MemorySimulator, config: unknown): Harness {
  const change = (edit: (tables: Tables) => Tables): void => {
    simulator.tables = edit(simulator.tables);
  };
  return {
    simulator,
    config,
    secret: {},
    plantForeign: () => {
      change(({ group, rule }) => ({ group: [...group, theirGroup], rule: [...rule, theirRule] }));
      return () => ({
        group: simulator.tables.group.find(({ name }) => name === theirGroup.name),
        rule: simulator.tables.rule.find(({ name }) => name === theirRule.name),
      });
    },
    collide: ({ name }) => change(({ group, rule }) => ({ group: [...group, { ...theirGroup, name }], rule })),
    edit: (drift) => change(edits[drift]),
    refuse: ({ kind, name }) => simulator.lock(`/${kind}/${name}`),
  };
}

const edits: Readonly<Record<Drift, (tables: Tables) => Tables>> = {
  'member-added': withMembers((members) => [...members, '10.0.0.99']),
  'member-removed': withMembers((members) => members.slice(1)),
  'rule-disabled': withRule('Deny', (rule) => [{ ...rule, enabled: false }]),
  'rule-widened': withRule('Accept', (rule) => [{ ...rule, to: ['any'] }]),
  'rule-moved': ({ group, rule }) => ({ group, rule: rule.toReversed() }),
  'rule-deleted': withRule('Deny', () => []),
};

function withMembers(edit: (members: readonly string[]) => string[]) {
  return ({ group: [first, ...others], rule }: Tables): Tables => ({
    group: first === undefined ? [] : [{ ...first, members: edit(first.members) }, ...others],
    rule,
  });
}

function withRule(action: NativeRule['action'], edit: (rule: NativeRule) => NativeRule[]) {
  return ({ group, rule: rules }: Tables): Tables => {
    const found = rules.find((rule) => rule.action === action);
    return { group, rule: rules.flatMap((rule) => (rule === found ? edit(rule) : [rule])) };
  };
}
