import { pages } from '../../../../kit/aws/pages.ts';
import { eachOf } from '../../../../kit/common/api/each-of.ts';
import { objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import type { Ownership } from '../../../../kit/common/ownership/ownership.ts';
import type { ForeignCollision } from '../../../../src/adapter/adapter.ts';
import { readMark } from '../../../../src/adapter/owner.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { kinds, scopePrefix } from '../../objects/names.ts';
import type { Firewall, KnownAssociation } from '../known.ts';

interface Associations {
  readonly ours: readonly KnownAssociation[];
  readonly foreign: readonly ForeignCollision[];
}

/** @param ownership is told whose they are */
export async function readAssociations(firewall: Firewall, ownership: Ownership): Promise<Associations> {
  const { ask } = firewall;
  const named = (await allAssociations(ask)).filter(({ name }) => name.startsWith(scopePrefix(firewall)));
  const described = await eachOf(named, async ({ arn }) =>
    associationIn(await ask.firewall('DescribeContainerAssociation', { ContainerAssociationArn: arn })),
  );
  const there = described.filter(({ status }) => status !== 'DELETING');
  return {
    ours: there.filter(({ mark }) => ownership.subjectOf(mark) !== undefined),
    foreign: there
      .filter(({ mark }) => readMark(mark) === undefined)
      .map(({ name, mark }) => ({
        kind: kinds.association,
        name,
        found: mark === '' ? 'an association without a description' : `description: ${mark.slice(0, 120)}`,
      })),
  };
}

export function associationIn(answer: JsonObject): KnownAssociation {
  const [first = {}] = objectsIn(answer['ContainerMonitoringConfigurations']);
  const filters = objectsIn(first['AttributeFilters']);
  return {
    name: textOf(answer['ContainerAssociationName']),
    arn: textOf(answer['ContainerAssociationArn']),
    mark: textOf(answer['Description']),
    token: textOf(answer['UpdateToken']),
    status: textOf(answer['Status']),
    cluster: textOf(first['ClusterArn']),
    filters: filters.map(({ Key, Value }) => ({ key: textOf(Key), value: textOf(Value) })),
    isSimple: objectsIn(answer['ContainerMonitoringConfigurations']).length === 1,
  };
}

async function allAssociations(
  ask: Firewall['ask'],
): Promise<readonly { readonly name: string; readonly arn: string }[]> {
  const rows = await pages(
    async (next) => ask.firewall('ListContainerAssociations', { MaxResults: 100, ...next }),
    'NextToken',
    (answer) => objectsIn(answer['ContainerAssociations']),
  );
  return rows.map(({ Name, Arn }) => ({ name: textOf(Name), arn: textOf(Arn) }));
}

/** How many of the account are not ours. */
export async function foreignAssociations(firewall: Firewall): Promise<number> {
  return (await allAssociations(firewall.ask)).filter(({ name }) => !name.startsWith(scopePrefix(firewall))).length;
}
