import { keyOf } from '../../model/resource.ts';
import { isFinal, type BegunRecord, type ClosedRecord } from '../record.ts';
import { OpenWrites } from './open-writes.ts';
import type { CloseEffect } from './outcomes.ts';

/**
 * Open writes, and which of them no later write to the same object or member followed. Only of these does a reading of the device
 * tell whether they were carried out: of the others it shows what the later write has left.
 */
export class UntouchedWrites extends OpenWrites {
  readonly #untouched = new Map<string, Map<number, BegunRecord>>();

  override begin(seq: number, write: BegunRecord): void {
    super.begin(seq, write);
    for (const other of this.#at(keyOf(write)).values()) if (isAboutTheSame(write, other)) this.#forget(other);
    // Where an object is depends on all others.
    if (write.op !== 'members') this.#untouched.delete(moves);
    const place = placeOf(write);
    this.#untouched.set(place, this.#at(place).set(seq, write));
  }

  override close(record: ClosedRecord): CloseEffect<BegunRecord> {
    const closed = super.close(record);
    if (isFinal(record) && 'write' in closed) this.#forget(closed.write);
    return closed;
  }

  /** In the order in which they were begun. */
  untouched(): readonly BegunRecord[] {
    return [...this.#untouched.values()].flatMap((writes) => [...writes.values()]).sort((a, b) => a.seq - b.seq);
  }

  #at(place: string): Map<number, BegunRecord> {
    return this.#untouched.get(place) ?? new Map<number, BegunRecord>();
  }

  #forget(write: BegunRecord): void {
    const place = placeOf(write);
    const writes = this.#at(place);
    writes.delete(write.seq);
    if (writes.size === 0) this.#untouched.delete(place);
  }
}

/** No object has this key. */
const moves = 'moves';

function placeOf(write: BegunRecord): string {
  return write.op === 'move' ? moves : keyOf(write);
}

/** Of two writes to one object. */
function isAboutTheSame(one: BegunRecord, other: BegunRecord): boolean {
  if (one.op !== 'members' || other.op !== 'members') return true;
  if (one.omitted !== undefined || other.omitted !== undefined) return true;
  const members = new Set(membersOf(one));
  return membersOf(other).some((member) => members.has(member));
}

function membersOf({ add = [], remove = [] }: BegunRecord): readonly string[] {
  return [...add, ...remove];
}
