import { canonicalAddress } from '../../net/address.ts';
import { keyOf } from '../model/resource.ts';
import { isFinal, type AuditRecord, type BegunRecord } from './record.ts';
import type { Span } from './lines.ts';
import { RecordLines } from './record-lines.ts';

/** Addresses that a line is about; `any`: it counts for every address; none: it counts for no question about an address. */
export type About = readonly string[] | 'any';

interface Begun {
  readonly about: About;
  readonly key: string;
  readonly title: string | undefined;
}

/**
 * Tells of each line of a chain which addresses it is about. Who reads the lines of one address and those of any finds that address
 * in the same groups, under the same titles, and below the same rules as who reads all.
 */
export class AddressLines {
  readonly #lines = new RecordLines();
  readonly #begun = new Map<number, Begun>();
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
    if (record?.type !== 'closed') return [];
    const begun = this.#begun.get(record.of);
    if (begun === undefined) return 'any';
    // What a reading had not found, an answer may still tell to be done.
    if (isFinal(record) && record.result !== 'found-not-done') this.#begun.delete(record.of);
    const isDone = record.result === 'done' || record.result === 'found-done';
    if (isDone && begun.title !== undefined) this.#titles.set(begun.key, begun.title);
    return begun.about;
  }

  #begin(record: BegunRecord): About {
    const { title } = record;
    const key = keyOf(record);
    const isRenamed = title !== undefined && title !== this.#titles.get(key);
    const about = isRenamed ? 'any' : membersOf(record);
    this.#begun.set(record.seq, { about, key, title });
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
