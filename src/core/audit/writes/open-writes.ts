import { keyOf } from '../../model/resource.ts';
import { Outcomes, type KeptWrites, type Said } from './outcomes.ts';
import type { AuditRecord, BegunRecord } from '../record.ts';

/** The writes of a chain whose outcome is not known, with their records. */
export class OpenWrites extends Outcomes<BegunRecord> {
  constructor(kept?: KeptWrites<BegunRecord>) {
    super(orderMatters, kept);
  }

  /** Records come in the order of the chain. */
  add(record: AuditRecord): Said<BegunRecord> {
    if (record.type === 'begun') this.begin(record.seq, record);
    return record.type === 'closed' ? this.close(record) : { says: 'nothing' };
  }
}

/** Of two writes to one object, unless no member that one of them adds is one that the other removes. */
export function orderMatters(one: BegunRecord, other: BegunRecord): boolean {
  if (keyOf(one) !== keyOf(other)) return false;
  if (one.op !== 'members' || other.op !== 'members') return true;
  if (one.omitted !== undefined || other.omitted !== undefined) return true;
  return shareAny(one.remove, other.add) || shareAny(one.add, other.remove);
}

function shareAny(some: readonly string[] = [], others: readonly string[] = []): boolean {
  const all = new Set(some);
  return others.some((one) => all.has(one));
}
