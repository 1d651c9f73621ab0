import type { Dispatch, Operations } from '../../../../kit/common/dispatch.ts';
import { textOf } from '../../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Place } from '../../../../src/core/model/plan.ts';
import type { F5AfmConfig } from '../../config.ts';
import { newAttributes } from '../../objects/attributes.ts';
import { ownPolicyName, pathOf, ruleListName, tables } from '../../objects/names.ts';
import { lastOf } from '../../objects/paths.ts';
import { bind } from '../binding.ts';
import type { Work } from '../device.ts';
import { addressListOperations } from './lists.ts';
import { objectOperations, operationsAt, type Location } from './objects.ts';

const ruleOperations: Operations<Work> = {
  ...operationsAt(ruleAt),
  // A rule is made in its place: there is no moment in which it stands elsewhere.
  create: (work, { key, after, place }) => {
    const { all, identity } = ruleAt(work, key.kind, key.name);
    const body = { ...identity, ...newAttributes(key.kind, after.spec), ...placeIn(place) };
    return work.ask({ method: 'POST', ...all, body });
  },
  move: (work, { key, place }) =>
    work.ask({ method: 'PATCH', ...ruleAt(work, key.kind, key.name).one, body: placeIn(place) }),
};

function ruleAt({ config, owner }: Work, _kind: string, name: string): Location {
  return ruleOf(tables.ruleList, pathOf(config, ruleListName(owner)), name);
}

function ruleOf(table: string, holder: string, name: string, place: JsonObject = {}): Location {
  const at = { collection: `tm/${table}`, object: holder };
  return { all: { ...at, child: ['rules'] }, one: { ...at, child: ['rules', name] }, identity: { name, ...place } };
}

function placeIn({ after }: Place = { after: null }): JsonObject {
  return after === null ? { placeBefore: 'first' } : { placeAfter: after };
}

/** The rule that refers to our rule list, in a policy of ours or of others. */
const entryOperations = operationsAt(({ config }, _kind, name) => {
  const rule = lastOf(name);
  const policy = name.slice(0, -rule.length - 1);
  return ruleOf(tables.policy, policy, rule, anchored(policy === config.policy ? config.anchor : 'first'));
});

function anchored(anchor: F5AfmConfig['anchor']): JsonObject {
  if (anchor === 'first') return { placeBefore: 'first' };
  if (anchor === 'last') return { placeAfter: 'last' };
  return 'after' in anchor ? { placeAfter: anchor.after } : { placeBefore: anchor.before };
}

const contextOperations: Operations<Work> = {
  create: (work, { key, after }) => bindTo(work, key.name, textOf(after.spec['enforcedPolicy'])),
  delete: (work, { key }) => bindTo(work, key.name, 'none'),
};

function bindTo({ ask, config, owner }: Work, context: string, policy: string): Promise<void> {
  return bind(ask, config, { context, policy, expected: pathOf(config, ownPolicyName(owner)) });
}

/** What makes changes, in as many requests as each takes. */
export const changes: Dispatch<Work> = {
  kinds: {
    [tables.rule]: ruleOperations,
    [tables.entry]: entryOperations,
    [tables.context]: contextOperations,
    [tables.addressList]: addressListOperations,
  },
  others: objectOperations,
  // A list that was left over may be part of a group again.
  isUnneeded: ({ inventory }, { op, key }) =>
    op === 'delete' && key.kind === tables.addressList && inventory.isUsed(key.name),
};
