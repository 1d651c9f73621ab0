/** Runs the tasks of each subject one after the other, in the order in which they were asked for. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(subject: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(subject) ?? Promise.resolve()).then(task);
    this.#last.set(
      subject,
      turn.catch(() => undefined),
    );
    return turn;
  }

  /** Resolves when every task so far has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
