import { AdapterError } from '../../../../src/adapter/errors.ts';
import { ownerMark } from '../../../../src/adapter/owner.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import type { Resource } from '../../../../src/core/model/resource.ts';
import { filtersOf } from '../../objects/resources.ts';
import type { Firewall, Known, KnownAssociation } from '../known.ts';
import { associationIn } from '../read/associations.ts';

/** Sends one change. @returns the association, if it is to be waited for */
export async function changeAssociation(
  firewall: Firewall,
  known: Known,
  change: Change,
): Promise<KnownAssociation | undefined> {
  const { name } = change.key;
  const { ask } = firewall;
  if (change.op === 'create') {
    const Description = descriptionOf(firewall, change.after);
    const Tags = [{ Key: 'postern', Value: Description }];
    const input = { ContainerAssociationName: name, ...wanted(change.after), Description, Tags };
    return remember(known, change.after, await ask.firewall('CreateContainerAssociation', input));
  }
  const found = known.associations.get(name);
  if (found === undefined) throw new AdapterError('not-found', `Container association ${name} is not there.`);
  const ContainerAssociationArn = found.arn;
  if (change.op === 'update') {
    const Description = descriptionOf(firewall, change.after);
    const input = { ContainerAssociationArn, UpdateToken: found.token, ...wanted(change.after), Description };
    return remember(known, change.after, await ask.firewall('UpdateContainerAssociation', input));
  }
  if (change.op !== 'delete')
    throw new AdapterError('unsupported', `Container association ${name}: AWS itself follows its pods.`);
  await ask.firewall('DeleteContainerAssociation', { ContainerAssociationArn });
  known.associations.delete(name);
  return undefined;
}

function wanted(resource: Resource): JsonObject {
  return {
    Type: 'EKS',
    ContainerMonitoringConfigurations: [
      {
        ClusterArn: resource.spec['cluster'] ?? '',
        AttributeFilters: filtersOf(resource).map(({ key, value }) => ({ Key: key, Value: value })),
      },
    ],
  };
}

function descriptionOf({ owner }: Firewall, { desiredId, effect }: Resource): string {
  return ownerMark(owner, desiredId === undefined ? 'nobody' : `${effect}/${desiredId}`);
}

function remember(known: Known, { name }: Resource, answer: JsonObject): KnownAssociation {
  const association = associationIn(answer);
  if (association.arn === '')
    throw new AdapterError('transient', 'AWS answered without the container association that was written.', {
      outcomeUnknown: true,
    });
  known.associations.set(name, association);
  return association;
}
