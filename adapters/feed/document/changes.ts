import { AdapterError } from '../../../src/adapter/errors.ts';
import type { Change, Place } from '../../../src/core/model/plan.ts';
import {
  entriesOf,
  joinedEntries,
  listOf,
  ruleOf,
  type FeedDocument,
  type FeedList,
  type FeedRule,
} from './document.ts';

/**
 * The document after these changes, which become visible at one instant.
 *
 * @throws AdapterError `conflict` or `not-found` where it is not what the changes were planned for
 */
export function changed(document: FeedDocument, changes: readonly Change[]): FeedDocument {
  const lists = new Map(document.lists.map((list) => [list.name, list]));
  let rules: readonly FeedRule[] = document.rules;
  for (const change of changes) {
    if (change.key.kind === 'list') changeList(lists, change);
    else rules = changeRules(rules, change);
  }
  const sorted = [...lists.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { version: 1, revision: document.revision + 1, lists: sorted, rules: [...rules] };
}

function changeList(lists: Map<string, FeedList>, change: Change): void {
  const { name } = change.key;
  const before = lists.get(name);
  if (change.op === 'create') {
    if (before !== undefined) throw taken(change);
    lists.set(name, listOf(change.after));
    return;
  }
  if (before === undefined) throw missing(change);
  if (change.op === 'delete') lists.delete(name);
  else if (change.op === 'update') lists.set(name, { ...listOf(change.after), entries: before.entries });
  else if (change.op === 'members')
    lists.set(name, { ...before, entries: edited(before.entries, change.add, change.remove) });
  else throw new AdapterError('unsupported', `list ${name}: a list has no place.`);
}

function edited(entries: string, add: readonly string[], remove: readonly string[]): string {
  joinedEntries(add); // what is there has been looked at when it came
  return withMembers(entriesOf({ entries }), add, remove).join(' ');
}

/** One pass over what is there, however many come and go. */
export function withMembers(sorted: readonly string[], add: readonly string[], remove: readonly string[]): string[] {
  const gone = new Set(remove);
  const coming = add.filter((member) => !gone.has(member)).sort();
  const after: string[] = [];
  let at = 0;
  for (const member of sorted) {
    for (let next = coming[at]; next !== undefined && next <= member; next = coming[at]) {
      if (next !== member && next !== after.at(-1)) after.push(next);
      at += 1;
    }
    // Not by their order: after an edit of the document there may be none.
    if (!gone.has(member)) after.push(member);
  }
  for (const next of coming.slice(at)) if (next !== after.at(-1)) after.push(next);
  return after;
}

function changeRules(rules: readonly FeedRule[], change: Change): readonly FeedRule[] {
  const before = rules.find(({ name }) => name === change.key.name);
  if (change.op === 'create') {
    if (before !== undefined) throw taken(change);
    return placed(rules, ruleOf(change.after), change.place ?? { after: null });
  }
  if (before === undefined) throw missing(change);
  const others = rules.filter((rule) => rule !== before);
  if (change.op === 'delete') return others;
  if (change.op === 'move') return placed(others, before, change.place);
  if (change.op === 'update') return rules.map((rule) => (rule === before ? ruleOf(change.after) : rule));
  throw new AdapterError('unsupported', `rule ${before.name}: a rule has no members.`);
}

function placed(rules: readonly FeedRule[], rule: FeedRule, { after }: Place): readonly FeedRule[] {
  const at = after === null ? 0 : rules.findIndex(({ name }) => name === after) + 1;
  if (after !== null && at === 0)
    throw new AdapterError('conflict', `rule ${rule.name}: the rule before it, ${after}, is no longer in the feed.`);
  return rules.toSpliced(at, 0, rule);
}

function taken({ key }: Change): AdapterError {
  return new AdapterError('conflict', `${key.kind} ${key.name} is in the feed already.`);
}

function missing({ key }: Change): AdapterError {
  return new AdapterError('not-found', `${key.kind} ${key.name} is no longer in the feed.`);
}
