/** Runs the tasks of each subject one after the other, in the order in which they were asked for. */
export class SerialTasks {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(subject: string, task: () => Promise<T>): Promise<T> {
    const run = (this.#last.get(subject) ?? Promise.resolve()).then(task);
    this.#last.set(
      subject,
      run.catch(() => undefined),
    );
    return run;
  }

  /** Resolves when every task so far has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
