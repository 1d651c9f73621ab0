import { keyOf } from '../../model/resource.ts';
import { Outcomes, type Doubt, type KeptWrites, type CloseEffect } from './outcomes.ts';
import type { AuditRecord, BegunRecord } from '../record.ts';

/** The writes of a chain whose outcome is not known, with their records. */
export class OpenWrites extends Outcomes<BegunRecord> {
  constructor(kept?: KeptWrites<BegunRecord>) {
    super(doubtOf, kept);
  }

  /** Records come in the order of the chain. */
  add(record: AuditRecord): CloseEffect<BegunRecord> {
    if (record.type === 'begun') this.begin(record.seq, record);
    return record.type === 'closed' ? this.close(record) : { effect: 'nothing' };
  }
}

/**
 * What depends on the order of two writes. Of one that names members it is never more than these: who reads only the lines about
 * another member does not know of it, and has to come to the same.
 */
export function doubtOf(one: BegunRecord, other: BegunRecord): Doubt {
  if (keyOf(one) !== keyOf(other)) return [];
  const [named, others] = [membersOf(one), membersOf(other)];
  if (named === undefined || others === undefined) return named ?? others ?? 'all';
  return [...shared(one.remove, other.add), ...shared(one.add, other.remove)];
}

/** What is certainly done by what a record says; undefined: nothing. */
export function doneOf(closed: CloseEffect<BegunRecord>): BegunRecord | undefined {
  if (closed.effect === 'partly-done') return lateOf(closed.write, closed.inDoubt);
  if (closed.effect !== 'done') return undefined;
  return closed.isLate ? lateOf(closed.write, []) : closed.write;
}

/** Of a late change of members only these are certain: what it says of its object besides may be older than what came meanwhile. */
function lateOf(write: BegunRecord, doubt: Doubt): BegunRecord | undefined {
  if (doubt === 'all') return undefined;
  const isLeft = (member: string): boolean => !doubt.includes(member);
  const [add, remove] = [write.add?.filter(isLeft), write.remove?.filter(isLeft)];
  const left = { ...write, ...(add && { add }), ...(remove && { remove }) };
  if (write.op !== 'members') return left;
  const { title: _, policies: __, ...change } = left;
  return [...(add ?? []), ...(remove ?? [])].length === 0 && write.omitted === undefined ? undefined : change;
}

/** What of it is in doubt, as a write of its own. */
export function inDoubtOf(doubt: Doubt, write: BegunRecord): BegunRecord {
  const { add: _, remove: __, omitted: ___, ...rest } = write;
  return doubt === 'all' ? write : { ...rest, op: 'members', add: [...doubt] };
}

/** Undefined: it is about more than members, or does not say which. */
function membersOf({ op, add = [], remove = [], omitted }: BegunRecord): readonly string[] | undefined {
  return op === 'members' && omitted === undefined ? [...add, ...remove] : undefined;
}

function shared(some: readonly string[] = [], others: readonly string[] = []): readonly string[] {
  const all = new Set(some);
  return others.filter((one) => all.has(one));
}
