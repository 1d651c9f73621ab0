import type { Clock } from '../../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { Ask } from '../../api/client.ts';
import type { F5AfmConfig } from '../../config.ts';

/**
 * What is not saved is gone after a reboot, and saving takes seconds: it is done when nothing was written for a while,
 * after some time in any case, and at the end of the session.
 */
export class Saving {
  readonly #config: F5AfmConfig;
  readonly #clock: Clock;
  #firstMs: number | undefined;
  #lastMs = 0;
  /** Why the last attempt came to nothing. */
  #trouble = '';

  constructor(config: F5AfmConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /** Something was written, or may have been. */
  wrote(): void {
    this.#lastMs = this.#clock.elapsed();
    this.#firstMs ??= this.#lastMs;
  }

  /** What cannot be saved now stays due and is reported: it does not stop the enforcement of a policy. */
  async saveIfDue(ask: Ask): Promise<void> {
    const { saveAfterSeconds, saveWithinSeconds } = this.#config;
    if (this.#firstMs === undefined) return;
    const now = this.#clock.elapsed();
    if (now - this.#lastMs < saveAfterSeconds * 1_000 && now - this.#firstMs < saveWithinSeconds * 1_000) return;
    try {
      await this.save(ask);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      this.#trouble = `: ${error.message}`;
    }
  }

  /** @throws AdapterError when the device does not save, or does not synchronise */
  async save(ask: Ask): Promise<void> {
    if (this.#firstMs === undefined) return;
    await ask({ method: 'POST', collection: 'tm/sys/config', body: { command: 'save' } });
    const { syncToGroup } = this.#config;
    if (syncToGroup !== undefined) {
      const body = { command: 'run', utilCmdArgs: `config-sync to-group ${syncToGroup}` };
      await ask({ method: 'POST', collection: 'tm/cm', body });
    }
    this.#firstMs = undefined;
    this.#trouble = '';
  }

  /**
   * When it is worth to come back, in milliseconds from now; undefined: everything is saved. There is no timer here: whoever
   * keeps the session asks again.
   */
  dueInMs(): number | undefined {
    if (this.#firstMs === undefined) return undefined;
    const { saveAfterSeconds, saveWithinSeconds } = this.#config;
    const due = Math.min(this.#lastMs + saveAfterSeconds * 1_000, this.#firstMs + saveWithinSeconds * 1_000);
    const left = due - this.#clock.elapsed();
    return left > 0 ? left : saveAfterSeconds * 1_000; // it was tried just now, to no avail
  }

  /** For the evidence of what is in force; empty when there is nothing to say. */
  status(): string {
    return this.#firstMs === undefined ? '' : `the running configuration is not saved yet${this.#trouble}`;
  }
}
