/** Running and saved state of a device, and the way back to what was. `fork` gives a copy that goes its own way. */
export class DeviceState<S> {
  readonly #fork: (state: S) => S;
  #running: S;
  #saved: S;

  constructor(delivered: S, fork: (state: S) => S) {
    this.#fork = fork;
    this.#running = delivered;
    this.#saved = fork(delivered);
  }

  get running(): S {
    return this.#running;
  }

  set running(state: S) {
    this.#running = state;
  }

  /** A copy of what was last saved. */
  saved(): S {
    return this.#fork(this.#saved);
  }

  save(): void {
    this.#saved = this.#fork(this.#running);
  }

  /** Remembers the running state; what it returns brings it back, any number of times. */
  checkpoint(): () => void {
    const remembered = this.#fork(this.#running);
    return () => (this.#running = this.#fork(remembered));
  }
}
