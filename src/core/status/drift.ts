import { canonical } from '../model/json.ts';
import type { Difference } from '../model/outcome.ts';
import type { Change } from '../model/plan.ts';
import type { Resource } from '../model/resource.ts';
import { firstFew } from '../text/wording.ts';

/** What a plan would put right, as what differs: object by object, field by field, in the order of the plan. */
export function differencesOf(changes: readonly Change[]): readonly Difference[] {
  const replaced = replacements(changes);
  return changes.flatMap((change) => {
    const replacement = replaced.get(change);
    if (replacement === undefined) return differences(change);
    return change.op === 'delete' ? [] : replacement;
  });
}

/**
 * One that is to be made again where another of the same purpose has to go is there already, in another state: switched
 * off, or under another name. By both of the changes.
 */
function replacements(changes: readonly Change[]): ReadonlyMap<Change, readonly Difference[]> {
  const purposes = new Map<string, { made: Change[]; gone: Change[] }>();
  for (const change of changes) {
    const { desiredId } = change.after ?? change.before ?? {};
    if (desiredId === undefined || (change.op !== 'create' && change.op !== 'delete')) continue;
    const purpose = `${change.key.kind} ${desiredId}`;
    const found = purposes.get(purpose) ?? { made: [], gone: [] };
    purposes.set(purpose, found);
    (change.op === 'create' ? found.made : found.gone).push(change);
  }
  const replaced = new Map<Change, readonly Difference[]>();
  for (const { made, gone } of purposes.values()) {
    const [wanted, found] = [made[0], gone[0]];
    if (wanted?.after === undefined || found?.before === undefined || made.length + gone.length > 2) continue;
    const difference = inAnotherState(wanted.after, found.before);
    replaced.set(wanted, difference);
    replaced.set(found, difference);
  }
  return replaced;
}

function inAnotherState(after: Resource, before: Resource): Difference[] {
  const { kind, name } = before;
  const rest = fieldsThatDiffer(before, after);
  if (!before.disabled)
    return [{ what: 'changed', kind, name, field: 'name', desired: after.name, found: name }, ...rest];
  const off: Difference = { what: 'changed', kind, name, field: 'status', desired: 'enabled', found: 'disabled' };
  return [off, ...rest.filter(({ field }) => field !== 'status')];
}

/** `rule checkout-1 action: "Accept" is desired, "Deny" was found`; one line. */
export function sentenceOf({ what, kind, name, field, desired, found }: Difference): string {
  const object = `${kind} ${name}`;
  switch (what) {
    case 'missing':
      return `${object} is missing`;
    case 'unexpected':
      return `${object} should not be there`;
    case 'order':
      return `${object} is not in its place, ${place(desired)}`;
    case 'members':
      return `${object} ${field}: ${[...lacking(desired), ...surplus(found)].join(', ')}`;
    case 'changed':
      if (field === 'status' && (found === 'disabled' || found === 'disable')) return `${object} is disabled`;
      return `${object} ${field}: ${JSON.stringify(desired)} is desired, ${JSON.stringify(found)} was found`;
  }
}

const absent = null;

function differences(change: Change): Difference[] {
  const { kind, name } = change.key;
  const whole = { kind, name, field: '' } as const;
  switch (change.op) {
    case 'create':
      return [{ ...whole, what: 'missing', desired: change.after.spec, found: absent }];
    case 'delete':
      return [{ ...whole, what: 'unexpected', desired: absent, found: change.before.spec }];
    case 'members':
      return [{ ...whole, what: 'members', field: 'members', desired: change.add, found: change.remove }];
    case 'move':
      return [{ ...whole, what: 'order', field: 'position', desired: { after: change.place.after }, found: absent }];
    case 'update':
      return fieldsThatDiffer(change.before, change.after);
  }
}

function fieldsThatDiffer({ kind, name, spec: before }: Resource, { spec: after }: Resource): Difference[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return fields
    .filter((field) => canonical(before[field]) !== canonical(after[field]))
    .map((field) => ({
      ...{ what: 'changed', kind, name, field },
      desired: after[field] ?? absent,
      found: before[field] ?? absent,
    }));
}

function place(desired: Difference['desired']): string {
  const after = typeof desired === 'object' && desired !== null && 'after' in desired ? desired['after'] : null;
  return typeof after === 'string' ? `after ${after}` : 'at the top';
}

const shown = 8;

function lacking(members: Difference['desired']): string[] {
  return few(members, 'lacks');
}

function surplus(members: Difference['found']): string[] {
  return few(members, 'has');
}

function few(members: Difference['found'], verb: string): string[] {
  if (!Array.isArray(members)) return typeof members === 'string' ? [`${verb} ${members}`] : [];
  if (members.length === 0) return [];
  return [`${verb} ${firstFew(members.map(String), shown, ' ')}`];
}
