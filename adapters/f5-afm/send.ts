import { AdapterError } from '../../src/adapter/errors.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Change, Place } from '../../src/core/model/plan.ts';
import { changedAttributes, newAttributes } from './attributes.ts';
import { bind } from './binding.ts';
import type { Call } from './client.ts';
import type { F5AfmConfig } from './config.ts';
import type { Workplace } from './device.ts';
import { changeMembers, createGroup, deleted, deleteGroup, deleteList } from './lists.ts';
import { ownPolicyName, pathOf, ruleListName, tables } from './names.ts';
import { lastOf, textOf } from './native.ts';

/** Makes one change, in as many requests as it takes. @throws AdapterError what went wrong */
export function makeChange(work: Workplace, change: Change): Promise<unknown> {
  switch (change.key.kind) {
    case tables.rule:
      return changeRule(work, change);
    case tables.entry:
      return changeEntry(work, change);
    case tables.context:
      return changeContext(work, change);
    case tables.addressList:
      return changeAddressList(work, change);
    default:
      return changeObject(work, change);
  }
}

/** A rule is made in its place: there is no moment in which it stands elsewhere. */
function changeRule(work: Workplace, change: Change): Promise<unknown> {
  const { kind, name } = change.key;
  const all = childrenOf(tables.ruleList, pathOf(work.config, ruleListName(work.owner)));
  const one: Omit<Call, 'method'> = { ...all, child: ['rules', name] };
  switch (change.op) {
    case 'create':
      return work.ask({
        method: 'POST',
        ...all,
        body: { name, ...newAttributes(kind, change.after.spec), ...at(change.place) },
      });
    case 'update': {
      const body = changedAttributes(kind, change.before.spec, change.after.spec);
      return work.ask({ method: 'PATCH', ...one, body });
    }
    case 'move':
      return work.ask({ method: 'PATCH', ...one, body: at(change.place) });
    case 'delete':
      return deleted(work.ask, { method: 'DELETE', ...one });
    case 'members':
      throw noSuchChange(change);
  }
}

function at({ after }: Place = { after: null }): JsonObject {
  return after === null ? { placeBefore: 'first' } : { placeAfter: after };
}

/** The rule that refers to our rule list, in a policy of ours or of others. */
function changeEntry(work: Workplace, change: Change): Promise<unknown> {
  const { kind, name } = change.key;
  const rule = lastOf(name);
  const policy = name.slice(0, -rule.length - 1);
  const all = childrenOf(tables.policy, policy);
  const one: Omit<Call, 'method'> = { ...all, child: ['rules', rule] };
  switch (change.op) {
    case 'create': {
      const place = anchored(policy === work.config.policy ? work.config.anchor : 'first');
      const body = { name: rule, ...newAttributes(kind, withoutPolicy(change.after.spec)), ...place };
      return work.ask({ method: 'POST', ...all, body });
    }
    case 'update': {
      const [before, after] = [withoutPolicy(change.before.spec), withoutPolicy(change.after.spec)];
      return work.ask({ method: 'PATCH', ...one, body: changedAttributes(kind, before, after) });
    }
    case 'delete':
      return deleted(work.ask, { method: 'DELETE', ...one });
    default:
      throw noSuchChange(change);
  }
}

function anchored(anchor: F5AfmConfig['anchor']): JsonObject {
  if (anchor === 'first') return { placeBefore: 'first' };
  if (anchor === 'last') return { placeAfter: 'last' };
  return 'after' in anchor ? { placeAfter: anchor.after } : { placeBefore: anchor.before };
}

function withoutPolicy({ policy: _, ...spec }: JsonObject): JsonObject {
  return spec;
}

function changeContext({ ask, config, owner }: Workplace, change: Change): Promise<unknown> {
  const wanted = { context: change.key.name, expected: pathOf(config, ownPolicyName(owner)) };
  if (change.op === 'delete') return bind(ask, config, { ...wanted, policy: 'none' });
  if (change.op !== 'create') throw noSuchChange(change);
  return bind(ask, config, { ...wanted, policy: textOf(change.after.spec['enforcedPolicy']) });
}

function changeAddressList(work: Workplace, change: Change): Promise<unknown> {
  const { name } = change.key;
  switch (change.op) {
    case 'members':
      return changeMembers(work, name, change);
    case 'create': {
      const { spec, members } = change.after;
      return members === undefined ? changeObject(work, change) : createGroup(work, name, { spec, members });
    }
    case 'delete':
      // A list that was left over may be part of a group again.
      if (work.inventory.isPart(name)) return Promise.resolve();
      return change.before.members === undefined ? deleteList(work, name) : deleteGroup(work, name);
    default:
      return changeObject(work, change);
  }
}

/** Objects with a path of their own. */
function changeObject(work: Workplace, change: Change): Promise<unknown> {
  const { kind, name } = change.key;
  const { partition } = work.config;
  const one = { collection: `tm/${kind}`, object: pathOf(work.config, name) };
  switch (change.op) {
    case 'create': {
      const body = { name, partition, ...newAttributes(kind, change.after.spec) };
      return work.ask({ method: 'POST', collection: one.collection, body });
    }
    case 'update': {
      const body = changedAttributes(kind, change.before.spec, change.after.spec);
      return work.ask({ method: 'PATCH', ...one, body });
    }
    case 'delete':
      return deleted(work.ask, { method: 'DELETE', ...one });
    default:
      throw noSuchChange(change);
  }
}

function childrenOf(table: string, object: string): Pick<Call, 'collection' | 'object' | 'child'> {
  return { collection: `tm/${table}`, object, child: ['rules'] };
}

function noSuchChange({ op, key }: Change): AdapterError {
  return new AdapterError('unsupported', `${key.kind} ${key.name}: there is no change ${op} for it.`);
}
