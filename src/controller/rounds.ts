import { inSlices } from '../adapter/in-slices.ts';
import { Compiler, type Compiled, type CompileDelta } from '../core/compile/compiler.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';

/**
 * Compiles a round of changes in slices, however much somebody writes, so that others get their turn. What is half
 * compiled nobody sees: whoever reads meanwhile waits until the round is over. Rounds must not overlap.
 */
export class Rounds {
  readonly #compiler = new Compiler();
  #round: Promise<unknown> | undefined;

  /** Is a round under way, so that nothing can be read? */
  get underWay(): boolean {
    return this.#round !== undefined;
  }

  /**
   * @param now RFC 3339
   * @param taken told what the round came to, before anybody reads it
   */
  async compile<T>(changes: readonly ObjectChange[], now: string, taken: (delta: CompileDelta) => T): Promise<T> {
    const compiled = inSlices(this.#compiler.applying(changes, now));
    const over = (): void => void (this.#round = undefined);
    this.#round = compiled.then(over, over);
    return taken(await compiled);
  }

  /** Reads what has been compiled, as soon as no round is under way. */
  async read<T>(answer: (compiled: Compiled) => T): Promise<T> {
    while (this.#round !== undefined) await this.#round;
    return answer(this.#compiler);
  }

  /** RFC 3339; known at any time. */
  nextDeadline(): string | undefined {
    return this.#compiler.nextDeadline();
  }
}
