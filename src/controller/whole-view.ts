/**
 * Is the cluster known as it was at one moment? Once something of it could not be seen, only when all is seen again and
 * nothing that was found then still waits to be taken in: a policy may have been, and the pods that have ended in the meantime not.
 */
export class WholeView {
  #healthy = true;
  #whole = true;

  get whole(): boolean {
    return this.#whole;
  }

  /** @returns is it whole no longer, or again? */
  look(healthy: boolean, waits: boolean): boolean {
    const before = this.#whole;
    this.#healthy = healthy;
    this.#whole = healthy && (before || !waits);
    return this.#whole !== before;
  }

  /** Something was taken in, or is about to be. @param waits does more? @returns is it whole again? */
  takenIn(waits: boolean): boolean {
    return this.look(this.#healthy, waits);
  }
}
