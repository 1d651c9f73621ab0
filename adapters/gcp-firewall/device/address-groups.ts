import { unlessRefused } from '../../../kit/common/api/answers.ts';
import { namesIn, textOf } from '../../../kit/common/api/json.ts';
import { canonicalMembers } from '../../../kit/common/groups/members.ts';
import type { Ownership } from '../../../kit/common/ownership/ownership.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import { eachByItself, outcomesOf, waitFor } from '../../../kit/whole-document/operations.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { asNetwork } from '../../../src/net/cidr.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { allPages } from '../api/pages.ts';
import { kinds, scopePrefix } from '../objects/names.ts';
import { lastPart } from '../objects/rule.ts';
import { addressGroupPath, templates, type Gcp } from './known.ts';
import { awaitedOf, lookFrom, pollAfterMs, type AwaitedOperation } from './operations.ts';

/*
 * Address groups are called after what is in them, and hold as much as they may: a destination that changes gets another group,
 * which is there before a rule names it. A group that another client has edited gets its items back.
 */

/** Those of ours for this policy. @param ownership is told whose they are */
export async function readGroups(gcp: Gcp, ownership: Ownership): Promise<readonly Resource[]> {
  const path = addressGroupPath(gcp.config);
  const asked = allPages(gcp.ask, { path, template: templates.addressGroups }, 'addressGroups');
  // Where the API is not switched on there are no groups, and no rule refers to one.
  const rows = (await unlessRefused(asked, 'unsupported')) ?? [];
  return rows.flatMap((row) => {
    const name = lastPart(textOf(row['name']));
    const mark = textOf(row['description']);
    if (!name.startsWith(scopePrefix(gcp))) return [];
    const isOurs = ownership.subjectOf(mark) !== undefined;
    if (!isOurs) ownership.noteForeign(kinds.group, { name, mark });
    return isOurs ? [plainResource(kinds.group, name, groupSpec(row))] : [];
  });
}

function groupSpec(row: JsonObject): JsonObject {
  return {
    type: textOf(row['type']),
    capacity: Number(textOf(row['capacity'])),
    items: canonicalMembers(namesIn(row['items'])).map(asNetwork).sort(),
    description: textOf(row['description']),
  };
}

/** Nothing waits for them for long: no rule names those that are made, and none those that go. */
const patience = { polls: 5, delayMs: 1_000, pollAfterMs };

export async function writeGroups(gcp: Gcp, changes: readonly Change[]): Promise<readonly Outcome[]> {
  const sent = await eachByItself(changes, async (change) => send(gcp, change));
  const ended = await waitFor(sent.awaited, lookFrom(gcp), { ...patience, clock: gcp.clock });
  return outcomesOf(changes, sent, ended);
}

async function send(gcp: Gcp, change: Change): Promise<AwaitedOperation | undefined> {
  const path = addressGroupPath(gcp.config, change.key.name);
  const operation = await started(gcp, change, path);
  return operation === undefined ? undefined : awaitedOf([change.key], operation, path)[0];
}

async function started({ ask, config }: Gcp, change: Change, path: string): Promise<JsonObject | undefined> {
  const template = templates.addressGroup;
  switch (change.op) {
    case 'create': {
      const created = `${addressGroupPath(config)}?addressGroupId=${change.key.name}`;
      return ask({ method: 'POST', path: created, template: templates.addressGroups, body: change.after.spec });
    }
    case 'update': {
      const { items = [], description = '' } = change.after.spec;
      const masked = `${path}?updateMask=items,description`;
      return ask({ method: 'PATCH', path: masked, template, body: { items, description } });
    }
    case 'delete':
      // One that is gone already is as it should be.
      return unlessRefused(ask({ method: 'DELETE', path, template }), 'not-found');
    default:
      throw new AdapterError(
        'unsupported',
        `Address group ${change.key.name}: there is no change ${change.op} for it.`,
      );
  }
}
