/** Objects whose status is to be looked at: first those that something happened to, then those that are looked at in turn. */
export class DueSubjects {
  readonly #touched = new Set<string>();
  #inTurn = new Set<string>();

  /** Something happened to these. */
  touch(subjects: Iterable<string>): void {
    for (const subject of subjects) this.#touched.add(subject);
  }

  lookInTurnAt(subjects: Iterable<string>): void {
    this.#inTurn = new Set(subjects);
  }

  /** Each is not due any more once it is handed out. */
  *taken(): Iterable<string> {
    for (const waiting of [this.#touched, this.#inTurn]) {
      for (const subject of waiting) {
        this.#touched.delete(subject);
        this.#inTurn.delete(subject);
        yield subject;
      }
    }
  }
}
