import { isObject, namesIn, objectOf, objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import type { Ownership } from '../../../../kit/common/ownership/ownership.ts';
import type { ForeignCollision } from '../../../../src/adapter/adapter.ts';
import { readMark } from '../../../../src/adapter/owner.ts';
import { grouped } from '../../../../src/core/model/grouped.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { lineOwner } from '../../objects/line.ts';
import { hash, kinds, scopePrefix } from '../../objects/names.ts';
import { objectAt, tokenIn } from './answers.ts';
import { pages } from '../../../../kit/aws/pages.ts';
import { eachOf } from '../../../../kit/common/api/each-of.ts';
import type { Firewall, KnownGroup, KnownRule } from '../known.ts';

interface Groups {
  readonly ours: readonly KnownGroup[];
  readonly foreign: readonly ForeignCollision[];
  readonly names: Set<string>;
}

/** @param ownership is told whose they are */
export async function readGroups(firewall: Firewall, ownership: Ownership): Promise<Groups> {
  const { ask } = firewall;
  const rows = await pages(
    async (next) => ask.firewall('ListRuleGroups', { Scope: 'ACCOUNT', Type: 'STATEFUL', MaxResults: 100, ...next }),
    'NextToken',
    (answer) => objectsIn(answer['RuleGroups']),
  );
  const ourNames = rows.filter((row) => textOf(row['Name']).startsWith(scopePrefix(firewall)));
  const described = await eachOf(ourNames, async (row) =>
    ask.firewall('DescribeRuleGroup', { RuleGroupArn: textOf(row['Arn']), Type: 'STATEFUL' }),
  );
  const sorted = described.map((answer) => {
    const response = objectAt(answer, 'RuleGroupResponse');
    return { answer, name: textOf(response['RuleGroupName']), description: textOf(response['Description']) };
  });
  return {
    names: new Set(rows.map((row) => textOf(row['Name']))),
    ours: sorted
      .filter(({ description }) => ownership.subjectOf(description) !== undefined)
      .map(({ answer, description }) => knownGroup(answer, description)),
    foreign: sorted
      .filter(({ description }) => readMark(description) === undefined)
      .map(({ name, description }) => ({ kind: kinds.group, name, found: described120('description', description) })),
  };
}

function knownGroup(answer: JsonObject, mark: string): KnownGroup {
  const document = objectAt(answer, 'RuleGroup');
  const response = objectAt(answer, 'RuleGroupResponse');
  const references = objectOf(objectOf(document['ReferenceSets'])['IPSetReferences']);
  const variables = objectOf(objectOf(document['RuleVariables'])['IPSets']);
  return {
    name: textOf(response['RuleGroupName']),
    mark,
    arn: textOf(response['RuleGroupArn']),
    token: tokenIn(answer),
    capacity: Number(response['Capacity']),
    references: Object.fromEntries(
      Object.entries(references).map(([name, reference]) => [
        name,
        isObject(reference) ? textOf(reference['ReferenceArn']) : '',
      ]),
    ),
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, set]) => [
        name,
        isObject(set) ? namesIn(set['Definition']).toSorted() : [],
      ]),
    ),
    rules: rulesIn(textOf(objectOf(document['RulesSource'])['RulesString'])),
  };
}

/** Lines of one rule belong together wherever they stand; a line without an owner counts as a rule of its own that is not desired, so it is removed. */
function rulesIn(text: string): readonly KnownRule[] {
  const lines = text.split('\n').map((row) => row.trim());
  const written = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const rules = grouped(written.map((line) => [lineOwner(line)?.rule ?? `#${hash(line).slice(0, 10)}`, line] as const));
  return [...rules].map(([name, lines]) => ({ name, lines }));
}

function described120(field: string, text: string): string {
  return text === '' ? `a rule group without a ${field}` : `${field}: ${text.slice(0, 120)}`;
}
