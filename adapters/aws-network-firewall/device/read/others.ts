import { eachOf } from '../../../../kit/common/api/each-of.ts';
import { isObject, namesIn, objectOf, objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import { isClass, unlessRefused } from '../../../../kit/common/api/answers.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import type { Resource } from '../../../../src/core/model/resource.ts';
import { kinds, nameIn } from '../../objects/names.ts';
import type { Firewall, Known } from '../known.ts';
import { attachedArns } from './firewall.ts';
import { entriesOf } from './lists.ts';

/**
 * Rule groups of others that the policy names: they decide before ours or behind them. Those that AWS itself keeps show
 * nobody their rules, and only stop flows: they are not among these.
 */
export async function readOthers(firewall: Firewall, known: Known): Promise<readonly Resource[]> {
  const ours = new Map(known.attached.map((group) => [group.arn, group]));
  const seen = new Set<string>();
  const others = stateless(known.policy.document);
  for (const arn of attachedArns(known.policy.document)) {
    for (const { name } of ours.get(arn)?.rules ?? []) seen.add(name);
    if (ours.has(arn) || arn.includes(':aws-managed:')) continue;
    others.push(await readGroup(firewall, arn, seen.size));
  }
  return others;
}

/** What decides before any stateful rule is asked. */
function stateless(policy: JsonObject): Resource[] {
  const actions = namesIn(policy['StatelessDefaultActions']);
  const first = (name: string, spec: JsonObject): Resource => ({
    ...{ kind: kinds.group, name, refs: [], effect: 'None', position: 0 },
    spec,
  });
  const groups = objectsIn(policy['StatelessRuleGroupReferences']).map(({ ResourceArn }) =>
    first(nameIn(textOf(ResourceArn)), { unread: 'a stateless rule group, which decides before all others' }),
  );
  const decided = actions.flatMap((action) =>
    action === 'aws:pass' ? ['pass'] : action === 'aws:drop' ? ['drop'] : [],
  );
  const defaults = decided.map((action) =>
    first('StatelessDefaultActions', { lines: [`${action} ip any any -> any any (sid:1;)`] }),
  );
  return [...groups, ...defaults];
}

/** @param position behind how many of our rules it stands */
async function readGroup({ ask }: Firewall, arn: string, position: number): Promise<Resource> {
  const name = nameIn(arn);
  const resource = (spec: JsonObject): Resource => ({
    ...{ kind: kinds.group, name, refs: [], effect: 'None', position },
    spec,
  });
  try {
    const answer = await ask.firewall('DescribeRuleGroup', { RuleGroupArn: arn, Type: 'STATEFUL' });
    const source = objectOf(objectOf(answer['RuleGroup'])['RulesSource']);
    if (isObject(source['RulesSourceList'])) return resource({ unread: 'a list of domain names' });
    const sets = await setsIn(ask, objectOf(answer['RuleGroup']));
    return resource({
      description: textOf(objectOf(answer['RuleGroupResponse'])['Description']),
      lines: [...linesIn(textOf(source['RulesString'])), ...objectsIn(source['StatefulRules']).map(lineOf)],
      ...(Object.keys(sets).length > 0 && { sets }),
    });
  } catch (error) {
    if (!isClass(error, 'forbidden', 'not-found')) throw error;
    return resource({ unread: 'network-firewall:DescribeRuleGroup is not granted for it' });
  }
}

/** What the names of a group stand for, `$HOME_NET` and `@OFFICE`; lists that may not be read are not among them. */
async function setsIn(ask: Firewall['ask'], document: JsonObject): Promise<Readonly<Record<string, string[]>>> {
  const variables = Object.entries(objectOf(objectOf(document['RuleVariables'])['IPSets']));
  const references = Object.entries(objectOf(objectOf(document['ReferenceSets'])['IPSetReferences']));
  const read = await eachOf(references, async ([name, reference]) => {
    const id = nameIn(textOf(objectOf(reference)['ReferenceArn']));
    const rows = await unlessRefused(entriesOf(ask, id), 'forbidden', 'not-found', 'unsupported', 'invalid');
    return rows === undefined ? [] : [[`@${name}`, rows] as const];
  });
  const said = variables.map(([name, set]) => [`$${name}`, namesIn(objectOf(set)['Definition'])] as const);
  return Object.fromEntries([...said, ...read.flat()].map(([name, entries]) => [name, [...entries]]));
}

function linesIn(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** A rule of the other form, as Suricata writes it. */
function lineOf(rule: JsonObject): string {
  const header = objectOf(rule['Header']);
  const at = (field: string): string => textOf(header[field]) || 'any';
  const arrow = at('Direction') === 'ANY' ? '<>' : '->';
  const options = objectsIn(rule['RuleOptions']).map(({ Keyword, Settings }) => optionOf(textOf(Keyword), Settings));
  const action = textOf(rule['Action']).toLowerCase();
  return `${action} ${at('Protocol').toLowerCase()} ${at('Source')} ${at('SourcePort')} ${arrow} ${at('Destination')} ${at('DestinationPort')} (${options.join(' ')})`;
}

function optionOf(keyword: string, settings: Json | undefined): string {
  const values = Array.isArray(settings) ? settings.map((one) => textOf(one as Json)) : [];
  return values.length === 0 ? `${keyword};` : `${keyword}:${values.join(',')};`;
}
