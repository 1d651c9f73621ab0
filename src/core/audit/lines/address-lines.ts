import { canonicalAddress } from '../../../net/address.ts';
import { keyOf } from '../../model/resource.ts';
import type { Span } from './lines.ts';
import { doneOf, OpenWrites } from '../writes/open-writes.ts';
import { isFinal, type AuditRecord, type BegunRecord, type ClosedRecord } from '../record.ts';
import { RecordLines } from './record-lines.ts';

/** Addresses that a line is about; `any`: it counts for every address; none: it counts for no question about an address. */
export type About = readonly string[] | 'any';

/**
 * Tells of each line of a chain which addresses it is about. Who reads the lines of one address and those of any finds that address
 * in the same groups, under the same titles, and below the same rules as who reads all.
 */
export class AddressLines {
  readonly #lines = new RecordLines();
  readonly #writes = new OpenWrites();
  /** Of writes of which a record may still tell an outcome. */
  readonly #about = new Map<number, About>();
  /** Of objects, as the last write that was done has it. */
  readonly #titles = new Map<string, string>();

  /**
   * Lines come in the order of the chain. Those that come before may be left out.
   *
   * @param seen told of the record in it, where there is one
   */
  of(bytes: Buffer, line: Span, seen: (record: AuditRecord) => void = () => undefined): About {
    const record = this.#lines.read(bytes, line);
    if (record !== undefined) seen(record);
    if (record?.type === 'begun') return this.#begin(record);
    return record?.type === 'closed' ? this.#close(record) : [];
  }

  #begin(record: BegunRecord): About {
    const { title } = record;
    const isRenamed = title !== undefined && title !== this.#titles.get(keyOf(record));
    const about = isRenamed ? 'any' : membersOf(record);
    this.#about.set(record.seq, about);
    this.#writes.add(record);
    return about;
  }

  #close(record: ClosedRecord): About {
    const closed = this.#writes.close(record);
    const done = doneOf(closed);
    if (done?.op === 'delete') this.#titles.delete(keyOf(done));
    else if (done?.title !== undefined) this.#titles.set(keyOf(done), done.title);
    const about = this.#about.get(record.of) ?? 'any';
    // What a reading had not found, an answer may still tell to be done.
    if (isFinal(record) && record.result !== 'found-not-done') this.#about.delete(record.of);
    return about;
  }
}

/** `any` for a write that changes more than single addresses, or does not say which. */
function membersOf({ op, add = [], remove = [], omitted }: BegunRecord): About {
  if (op !== 'members' || omitted !== undefined) return 'any';
  const addresses = [...add, ...remove].map(singleAddress);
  return addresses.every((address) => address !== undefined) ? addresses : 'any';
}

/** An address, or a network of one address, in canonical text. */
function singleAddress(member: string): string | undefined {
  return canonicalAddress(member.replace(member.includes(':') ? /\/128$/ : /\/32$/, ''));
}
