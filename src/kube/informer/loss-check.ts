import type { Clock } from '../../adapter/adapter.ts';
import { ApiError } from '../api-error.ts';
import type { ApiClient } from '../client/transport.ts';
import { servedKind, type CustomType } from './kind-removal.ts';

export interface LossCheckDeps {
  readonly api: ApiClient;
  readonly clock: Pick<Clock, 'elapsed'>;
}

/** What a list that was read to its end lacks. */
export interface ListedObjects {
  /** Objects that are known and that it does not show. */
  readonly unlisted: number;
  /** Objects that are known. */
  readonly size: number;
}

/**
 * A list that lacks more than half of the objects, and more than this many, or any after the kind was not served, is read
 * again until it lacks no fewer.
 */
const suspiciousCount = 10;
const confirmAfterMs = 2_000;
/** After such a loss is confirmed, lists are repeated for this long: objects that come back by themselves send no event. */
const relistForMs = 15 * 60_000;

/** Whether to believe that objects of a kind are gone. */
export class LossCheck {
  readonly #type: CustomType;
  readonly #plural: string;
  readonly #deps: LossCheckDeps;
  /** How many objects the last list lacked, if that is hard to believe. */
  #suspected: number | undefined;
  #wentAway = false;
  /** The uid of the kind itself, of which the objects that are known are. */
  #uid: string | undefined;
  #relistUntil = -Infinity;

  constructor(type: CustomType, plural: string, deps: LossCheckDeps) {
    this.#type = type;
    this.#plural = plural;
    this.#deps = deps;
  }

  /**
   * Was the kind not served, or about to go, since the last list that was believed? Then a watch must not go on from where
   * it was: it would show what was deleted meanwhile as if it was meant.
   */
  get wentAway(): boolean {
    return this.#wentAway;
  }

  /** Are lists repeated, after one that lacked most objects? */
  get isRelisting(): boolean {
    return this.#deps.clock.elapsed() < this.#relistUntil;
  }

  /** The kind is not served. */
  goesAway(): void {
    this.#wentAway = true;
  }

  /**
   * Whoever deletes a kind has not decided about its objects.
   *
   * @returns the uid of the kind
   * @throws ApiError if it is being deleted, or was and nobody knew
   */
  async expectKind(signal: AbortSignal): Promise<string | undefined> {
    const { leaves, uid } = await servedKind(this.#deps.api, this.#type, this.#uid, signal);
    const known = uid !== undefined && this.#uid !== undefined;
    const isAnother = known && uid !== this.#uid;
    if (!leaves && known && !isAnother) this.#wentAway = false;
    if (!leaves && (!isAnother || this.#wentAway)) return uid;
    this.#wentAway = true;
    if (!leaves)
      throw doubtful(`${this.#plural} were deleted with their CustomResourceDefinition and it was installed anew`);
    throw doubtful(`${this.#plural} are not served, or being deleted with their CustomResourceDefinition: install it`);
  }

  /**
   * A list has ended: is what it does not show gone?
   *
   * @returns does it agree with what is known? A cluster without a single object, or one that has just lost most of them, is
   *   not believed to be one
   * @throws ApiError if it is to be read again
   */
  async accept({ unlisted, size }: ListedObjects, signal: AbortSignal): Promise<boolean> {
    const uid = await this.expectKind(signal);
    if (this.#isSuspicious({ unlisted, size })) this.#relistUntil = this.#deps.clock.elapsed() + relistForMs;
    this.#uid = uid ?? this.#uid;
    return size > unlisted && unlisted <= suspiciousCount && !this.isRelisting;
  }

  /** @returns does the list lack so much that it was read more than once? @throws ApiError if it is to be read again */
  #isSuspicious({ unlisted, size }: ListedObjects): boolean {
    const lacksMany = unlisted > suspiciousCount && unlisted * 2 > size;
    const suspicious = lacksMany || (this.#wentAway && unlisted > 0);
    if (this.#wentAway && unlisted > 0 && unlisted === size) {
      const remedy = 'apply them again, or restart the controller if there are to be none';
      throw doubtful(`there are no ${this.#plural} since they were not served; what was known stays: ${remedy}`);
    }
    if (suspicious && unlisted < (this.#suspected ?? Infinity)) {
      this.#suspected = unlisted;
      throw doubtful(`the list of ${this.#plural} lacks ${unlisted} of ${size}; it is read again to be sure`);
    }
    this.#suspected = undefined;
    this.#wentAway = false;
    return suspicious;
  }
}

function doubtful(message: string): ApiError {
  return new ApiError(200, 'SuspiciousList', message, { retryAfterMs: confirmAfterMs });
}
