import { withItem } from '../../../kit/simulator/held-state.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Drift, Harness } from '../../../test/kit/harness.ts';
import type { AwsSimulator } from '../simulator/simulator.ts';
import {
  arns,
  attachedGroups,
  textOf,
  variablesIn,
  type Association,
  type PrefixList,
  type RuleGroup,
  type State,
} from '../simulator/state/state.ts';

/** A simulated account, and the hands of another administrator in it. */
export function harness(simulator: AwsSimulator, config: JsonObject = {}): Harness {
  const { url, region, firewall } = simulator;
  return {
    simulator,
    config: { region, firewall, networkFirewallUrl: url, ec2Url: url, logsUrl: url, ...config },
    secret: { ...simulator.credentials, 'ca.crt': simulator.ca },
    plantForeign: () => {
      simulator.edit(planted);
      return () => ({
        list: simulator.state.lists.get(theirList.id),
        group: simulator.state.groups.get(theirGroup.name),
        attached: attachedGroups(simulator.state.policy).find(
          ({ ResourceArn }) => ResourceArn === arns.group(theirGroup.name),
        ),
      });
    },
    collide: ({ kind, name }) =>
      simulator.edit((state) =>
        kind === 'container-association'
          ? { ...state, associations: withItem(state.associations, name, { ...theirAssociation, name }) }
          : withList(state, { ...theirList, id: 'pl-0c0111de', name }),
      ),
    edit: (drift) => simulator.edit(edits[drift]),
    // A variable has no name of its own but the one in rules.
    refuse: ({ kind, name }) =>
      simulator.refuse(kind === 'ip-set' ? name.split('-').slice(3).join('_').toUpperCase() : name),
    comparable,
  };
}

/** Ids, tokens, versions and head-room come from the way; so does which rule group a rule stands in. */
function comparable(dump: Readonly<Record<string, unknown>>): unknown {
  const associations = dump['associations'] as readonly Association[];
  const lists = dump['lists'] as readonly (PrefixList & { readonly entries: readonly string[] })[];
  const groups = dump['groups'] as readonly (RuleGroup & { readonly text: string })[];
  const policy = dump['policy'] as JsonObject;
  const attached = attachedGroups({ document: policy, token: '', changedAt: 0 });
  const inOrder = [...attached]
    .sort((a, b) => (a.Priority ?? 0) - (b.Priority ?? 0))
    .map(({ ResourceArn }) => groups.find(({ name }) => arns.group(name) === ResourceArn));
  const rulesOf = (mark: RegExp): readonly string[] =>
    inOrder.flatMap((group) => (mark.test(group?.description ?? '') ? (group?.text.trim().split('\n') ?? []) : []));
  const { StatefulRuleGroupReferences: _, ...rest } = policy;
  return {
    lists: lists
      .map(({ name, family, entries, tags }) => ({ name, family, entries, tags }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    associations: associations
      .map(({ name, configurations, description }) => ({ name, configurations, description }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    east: rulesOf(/cluster=east/),
    others: rulesOf(/^(?!.*cluster=east)/),
    variables: Object.assign({}, ...inOrder.map((group) => variablesIn(group?.document ?? {}))) as JsonObject,
    loose: groups.filter((group) => !inOrder.includes(group)).map(({ text }) => text),
    policy: rest,
  };
}

const office = new Map([['192.168.0.0/16', 'the office']]);
const theirList: PrefixList = {
  id: 'pl-0ff1ce',
  name: 'office',
  family: 'IPv4',
  maxEntries: 10,
  version: 3,
  state: 'modify-complete',
  readyAt: 0,
  entries: office,
  inForce: office,
  tags: { team: 'office' },
  clientToken: '',
};

const theirAssociation: Association = {
  name: 'office-pods',
  type: 'EKS',
  configurations: [{ ClusterArn: 'arn:aws:eks:eu-west-1:123456789012:cluster/office' }],
  description: 'set up by hand',
  tags: [],
  token: '00000000-0000-4000-8000-0000000000fd',
  status: 'ACTIVE',
  readyAt: 0,
};

const theirGroup: RuleGroup = {
  name: 'office-out',
  id: '00000000-0000-4000-8000-0000000000ff',
  token: '00000000-0000-4000-8000-0000000000fe',
  description: 'set up by hand',
  capacity: 100,
  tags: [],
  changedAt: 0,
  document: {
    ReferenceSets: { IPSetReferences: { OFFICE: { ReferenceArn: arns.list(theirList.id) } } },
    RulesSource: { RulesString: 'pass tcp @OFFICE any -> any any (flow:to_server; sid:1; rev:1;)' },
    StatefulRuleOptions: { RuleOrder: 'STRICT_ORDER' },
  },
};

function planted(state: State): State {
  const references = [...attachedGroups(state.policy), { ResourceArn: arns.group(theirGroup.name), Priority: 1_001 }];
  const document = {
    ...state.policy.document,
    StatefulRuleGroupReferences: references.map((reference) => ({ ...reference })),
  };
  return {
    ...withList(state, theirList),
    groups: withItem(state.groups, theirGroup.name, theirGroup),
    policy: { ...state.policy, document },
  };
}

function withList(state: State, list: PrefixList): State {
  return { ...state, lists: withItem(state.lists, list.id, list) };
}

const edits: Readonly<Record<Drift, (state: State) => State>> = {
  'member-added': editList((entries) => new Map([...entries, ['10.0.0.99/32', '']])),
  'member-removed': editList((entries) => new Map([...entries].slice(1))),
  'rule-disabled': editLines((lines) => lines.map((line) => (line.startsWith('drop') ? `# ${line}` : line))),
  'rule-widened': editLines((lines) =>
    lines.map((line) => (line.startsWith('pass') ? line.replace(/-> \S+/, '-> any') : line)),
  ),
  'rule-moved': editLines((lines) => lines.toReversed()),
  'rule-deleted': editLines((lines) => lines.filter((line) => !line.startsWith('drop'))),
};

/** The first list of ours that has several members. */
function editList(edit: (entries: ReadonlyMap<string, string>) => ReadonlyMap<string, string>) {
  return (state: State): State => {
    const list = [...state.lists.values()].find(({ tags, entries }) => 'postern' in tags && entries.size > 1);
    if (list === undefined) return editSets(state, edit);
    const entries = edit(list.entries);
    return withList(state, { ...list, entries, inForce: entries, version: list.version + 1 });
  };
}

/** The same of variables, wherever they stand. */
function editSets(state: State, edit: Parameters<typeof editList>[0]): State {
  const groups = [...state.groups].map(([name, group]): [string, RuleGroup] => {
    const sets = Object.entries(variablesIn(group.document)).map(([variable, { Definition }]) => {
      const values = new Map(Definition.map((cidr) => [cidr, '']));
      return [variable, { Definition: Definition.length < 2 ? Definition : [...edit(values).keys()] }] as const;
    });
    const document = { ...group.document, RuleVariables: { IPSets: Object.fromEntries(sets) } };
    return [name, sets.length === 0 ? group : { ...group, token: crypto.randomUUID(), document }];
  });
  return { ...state, groups: new Map(groups) };
}

/** Every group of ours whose text that changes. */
function editLines(edit: (lines: readonly string[]) => readonly string[]) {
  return (state: State): State => {
    const groups = [...state.groups.values()].map((group): [string, RuleGroup] => {
      const text = edit(textOf(group.document).trim().split('\n')).join('\n');
      return [
        group.name,
        { ...group, token: crypto.randomUUID(), document: { ...group.document, RulesSource: { RulesString: text } } },
      ];
    });
    return { ...state, groups: new Map(groups) };
  };
}
