import { canonical } from '../model/json.ts';
import type { Difference } from '../model/outcome.ts';
import type { Change } from '../model/plan.ts';

/** What a plan would put right, as what differs: object by object, field by field, in the order of the plan. */
export function differencesOf(changes: readonly Change[]): readonly Difference[] {
  return changes.flatMap(differences);
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
    case 'update': {
      const [before, after] = [change.before.spec, change.after.spec];
      const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
      return fields
        .filter((field) => canonical(before[field]) !== canonical(after[field]))
        .map((field) => ({
          ...whole,
          what: 'changed',
          field,
          desired: after[field] ?? absent,
          found: before[field] ?? absent,
        }));
    }
  }
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
  const rest = members.length - shown;
  const list = members.slice(0, shown).map(String).join(' ');
  return [`${verb} ${list}${rest > 0 ? ` and ${rest} more` : ''}`];
}
