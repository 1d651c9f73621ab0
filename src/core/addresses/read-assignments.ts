import { append } from '../model/grouped.ts';
import type { AddressRecord, Assignment, Gap, Holder } from './assignment.ts';
import { formatLine } from './assignment-lines.ts';

type Open = { -readonly [K in keyof Assignment]: Assignment[K] };

/**
 * Reads the segments of a record in their order. What was held at the end of one and at the beginning of the next was
 * held in between; what had not ended when observation stopped. A line that is cut or of another form ends its segment there:
 * what came after it is a gap.
 */
export class AssignmentReader {
  readonly #wanted: string | undefined;
  readonly #all: Open[] = [];
  readonly #gaps: Gap[] = [];
  /** Held at the end of the segment before, by address. */
  #open = new Map<string, Open[]>();
  #from: number | undefined;
  #to: number | undefined;

  /** @param wanted the one address that is asked for, in canonical text; absent: all */
  constructor(wanted?: string) {
    this.#wanted = wanted;
  }

  /** @returns the number of the first line that cannot be read, from 1; undefined: all can */
  segment(text: string): number | undefined {
    const segment = new SegmentReader(this.#wanted);
    let line = 0;
    for (let at = 0; at < text.length;) {
      const end = text.indexOf('\n', at);
      line += 1;
      // A last line without its end is still being written.
      if (end < 0) break;
      if (!segment.line(text.slice(at, end))) {
        if (segment.begins !== undefined) this.#join(segment);
        return line;
      }
      at = end + 1;
    }
    if (segment.begins !== undefined) this.#join(segment);
    return undefined;
  }

  record(): AddressRecord {
    return { assignments: this.#all, gaps: this.#gaps, from: this.#from, to: this.#to };
  }

  #join(segment: SegmentReader): void {
    const { begins = 0 } = segment;
    const before = this.#to;
    this.#from ??= begins;
    if (before !== undefined && begins > before) this.#gaps.push({ from: before, to: begins });
    const still = new Map<string, Open[]>();
    for (const [number, assignment] of segment.assignments) {
      const known = number < segment.held ? this.#heldBefore(assignment) : undefined;
      if (known === undefined) this.#all.push(assignment);
      else known.until = assignment.until;
      if (assignment.until === undefined) append(still, assignment.address, known ?? assignment);
    }
    for (const lost of [...this.#open.values()].flat()) {
      lost.until = begins;
      lost.endedAfter = before;
    }
    this.#open = still;
    this.#to = Math.max(before ?? 0, segment.now);
  }

  /** The same assignment in the segment before, once. */
  #heldBefore({ address, namespace, pod, network }: Assignment): Open | undefined {
    const held = this.#open.get(address) ?? [];
    const at = held.findIndex((one) => one.namespace === namespace && one.pod === pod && one.network === network);
    return at < 0 ? undefined : held.splice(at, 1)[0];
  }
}

/** One segment by itself. */
class SegmentReader {
  /** Those that are wanted, by their number. */
  readonly assignments = new Map<number, Open>();
  /** How many assignments, the first, were held before it began. */
  held = 0;
  begins: number | undefined;
  now = 0;
  readonly #wanted: string | undefined;
  #count = 0;
  readonly #workloads: Pick<Holder, 'namespace' | 'workload' | 'serviceAccount'>[] = [];
  readonly #nodes: string[] = [];

  constructor(wanted: string | undefined) {
    this.#wanted = wanted;
  }

  /** False: it cannot be read. */
  line(text: string): boolean {
    if (this.begins === undefined) return this.#begin(text);
    const words = text.split(' ');
    switch (words[0]) {
      case 'w':
        return this.#workload(words);
      case 'n':
        this.#nodes.push(words[1] ?? '');
        return words.length === 2;
      case '=':
        return this.#held(words);
      case '+':
        return this.#pass(words[1]) && this.#began(words);
      case '-':
        return this.#pass(words[1]) && this.#ended(words[2]);
      case '.':
        return this.#pass(words[1]);
      default:
        return false;
    }
  }

  #begin(text: string): boolean {
    this.begins = text.startsWith(`${formatLine} `) ? numberIn(text.slice(formatLine.length + 1)) : undefined;
    this.now = this.begins ?? 0;
    return this.begins !== undefined;
  }

  #workload(words: readonly string[]): boolean {
    const [, namespace = '', workload = '', serviceAccount = ''] = words;
    this.#workloads.push({ namespace, workload, serviceAccount });
    return words.length === 4;
  }

  #pass(word: string | undefined): boolean {
    const passed = numberIn(word);
    if (passed !== undefined) this.now += passed;
    return passed !== undefined;
  }

  #held([, age, address, workload, pod, node, kind, network]: readonly string[]): boolean {
    const passed = numberIn(age);
    if (passed === undefined || this.#count !== this.held) return false;
    this.held += 1;
    return this.#add({ address, workload, pod, node, kind, network }, passed);
  }

  #began([, , address, workload, pod, node, age = '0', kind, network]: readonly string[]): boolean {
    const passed = numberIn(age);
    return passed !== undefined && this.#add({ address, workload, pod, node, kind, network }, passed);
  }

  #add(
    words: Readonly<Record<'address' | 'workload' | 'pod' | 'node' | 'kind' | 'network', string | undefined>>,
    before: number,
  ): boolean {
    const owner = this.#workloads[numberIn(words.workload) ?? -1];
    const node = this.#nodes[numberIn(words.node) ?? -1];
    const { address, pod } = words;
    if (owner === undefined || node === undefined || address === undefined || pod === undefined) return false;
    const number = this.#count++;
    if (this.#wanted !== undefined && this.#wanted !== address) return true;
    const { workload } = owner;
    const name = pod.startsWith('~') ? `${workload.slice(workload.indexOf('/') + 1)}-${pod.slice(1)}` : pod;
    const times = { since: this.now, earliest: this.now - before, until: undefined, endedAfter: undefined };
    const holder = { ...owner, pod: name, node, hostNetwork: words.kind === 'h' };
    const claimed = words.kind === 'a' && { network: words.network ?? '' };
    this.assignments.set(number, { ...holder, ...claimed, address, ...times });
    return true;
  }

  #ended(word: string | undefined): boolean {
    const number = numberIn(word);
    if (number === undefined || number >= this.#count) return false;
    const assignment = this.assignments.get(number);
    if (assignment !== undefined) assignment.until = this.now;
    return true;
  }
}

/** A whole number in base 36; undefined for anything else. */
function numberIn(word: string | undefined): number | undefined {
  if (word === undefined || !/^[0-9a-z]{1,10}$/.test(word)) return undefined;
  return Number.parseInt(word, 36);
}
