import type { DesiredStore } from '../../store/desired-store.ts';
import { nothingApplied, withOutcomesOf, type ApplyResult } from './apply-batches.ts';

export interface AcknowledgementsDeps {
  readonly point: string;
  readonly store: Pick<DesiredStore, 'acknowledge'>;
  /** When the device has to be read because of what is sent, on the clock that cannot be set. */
  readonly readBackDueAt: number;
  /** Told of what brings the device to a newer version, before that counts as done. */
  readonly report: (version: number, result: ApplyResult) => unknown;
  /** Told of what either of them failed with. */
  readonly onError: (error: unknown) => void;
}

/** What calls have brought to the device: reported and acknowledged one version at a time, beside whatever goes on. */
export class Acknowledgements {
  readonly #deps: AcknowledgementsDeps;
  /** Of calls that have ended and were not reported. */
  #results: ApplyResult[] = [];
  #version = 0;
  #underWay: Promise<void> | undefined;

  constructor(deps: AcknowledgementsDeps) {
    this.#deps = deps;
  }

  /** The device is at this version; undefined: it cannot be told. */
  get version(): number | undefined {
    return this.#version || undefined;
  }

  ended(result: ApplyResult): void {
    this.#results.push(result);
  }

  /** The device has everything up to this version. Does nothing while another one is under way. */
  reached(version: number): void {
    if (this.#underWay !== undefined || version <= this.#version) return;
    this.#underWay = this.#acknowledge(version)
      .catch(this.#deps.onError)
      .finally(() => {
        this.#underWay = undefined;
      });
  }

  async settled(): Promise<void> {
    await this.#underWay;
  }

  async #acknowledge(version: number): Promise<void> {
    const { point, store, readBackDueAt, report } = this.#deps;
    const result = withOutcomesOf(nothingApplied, this.#results.splice(0));
    if (result.outcomes.length > 0) await report(version, result);
    await store.acknowledge(point, version, readBackDueAt);
    this.#version = version;
  }
}
