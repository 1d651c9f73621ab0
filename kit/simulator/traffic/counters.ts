/** How often something was hit. Times in milliseconds since the epoch. */
export interface Counter<Subject> {
  readonly subject: Subject;
  readonly hits: number;
  readonly firstUsed: number;
  readonly lastUsed: number;
}

/** Hit counts of rules. They are no configuration: a dump does not show them, a reboot clears them. */
export class Counters<Subject> {
  readonly #counters = new Map<string, Counter<Subject>>();

  count(subject: Subject, now: number): void {
    const past = this.of(subject);
    const counter = { subject, hits: (past?.hits ?? 0) + 1, firstUsed: past?.firstUsed ?? now, lastUsed: now };
    this.#counters.set(JSON.stringify(subject), counter);
  }

  of(subject: Subject): Counter<Subject> | undefined {
    return this.#counters.get(JSON.stringify(subject));
  }

  list(): readonly Counter<Subject>[] {
    return [...this.#counters.values()];
  }

  forget(subject: Subject): void {
    this.#counters.delete(JSON.stringify(subject));
  }

  clear(): void {
    this.#counters.clear();
  }
}
