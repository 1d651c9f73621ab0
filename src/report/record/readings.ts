import type { ObjectAt } from '../../core/audit/history.ts';
import type { AuditRecord } from '../../core/audit/record.ts';
import type { ResourceKey } from '../../core/model/resource.ts';

/** As JSON. */
export interface KeptReadings {
  readonly last: string;
  readonly differing: readonly (readonly [name: string, seen: string])[];
}

/** When a reading last confirmed each object. Keeps only the objects that differed. */
export class Readings {
  #last: string;
  #differing: Map<string, string>;

  constructor({ last, differing }: KeptReadings = { last: '', differing: [] }) {
    this.#last = last;
    this.#differing = new Map(differing);
  }

  kept(): KeptReadings {
    return { last: this.#last, differing: [...this.#differing] };
  }

  add({ at, complete, differing, differences }: Extract<AuditRecord, { type: 'read' }>): void {
    if (!complete || differences > differing.length) return;
    const before = this.#differing;
    // The reading before the first one in a row that found it different.
    this.#differing = new Map(differing.map((name) => [name, before.get(name) ?? this.#last]));
    this.#last = at;
  }

  verifiedAt(object: ObjectAt): string {
    if (object.confirmedAt === '') return '';
    const seen = this.#differing.get(nameOf(object)) ?? this.#last;
    return seen > object.confirmedAt ? seen : object.confirmedAt;
  }

  differs(object: ObjectAt): boolean {
    return this.#differing.has(nameOf(object));
  }
}

function nameOf({ kind, name }: ResourceKey): string {
  return `${kind} ${name}`;
}
