import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A document as it is sent. */
export interface Sent {
  readonly text: string;
  readonly zipped: Buffer;
  readonly etag: string;
}

interface Known {
  readonly sent: Sent;
  readonly version: string;
  readonly madeAt: number;
  readonly costMs: number;
}

const zip = promisify(gzip);
const leastRestMs = 1_000;
/** Of one processor, a document takes at most a twentieth, however often it is asked for. */
const restForCost = 20;
/** What is older is not shown while a newer one is being made. */
const oldMs = 5_000;
const mostKept = 20;

/** Documents by their key, made when they are asked for and what they are made of has changed. */
export class DocumentCache {
  readonly #elapsed: () => number;
  readonly #known = new Map<string, Known>();
  readonly #making = new Map<string, Promise<Known>>();

  /** @param elapsed milliseconds */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /**
   * @param version of what it is made of: equal, and nothing is made
   * @param make its parts; `made` changes without changing the document
   */
  async get(
    key: string,
    version: string,
    make: () => Promise<{ readonly made?: unknown; readonly body: object }>,
  ): Promise<Sent> {
    const known = this.#known.get(key);
    if (known?.version === version) return known.sent;
    const age = known === undefined ? Infinity : this.#elapsed() - known.madeAt;
    const rest = known === undefined ? 0 : Math.max(leastRestMs, known.costMs * restForCost);
    if (known !== undefined && age < rest) return known.sent;
    const making = this.#making.get(key) ?? this.#make(key, version, make);
    return (known !== undefined && age < oldMs ? known : await making).sent;
  }

  #make(key: string, version: string, make: Parameters<DocumentCache['get']>[2]): Promise<Known> {
    const began = this.#elapsed();
    const making = make()
      .then(async ({ made, body }): Promise<Known> => {
        const plain = JSON.stringify(body);
        const text = made === undefined ? plain : JSON.stringify({ ...body, made });
        const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
        const zipped = await zip(text);
        const madeAt = this.#elapsed();
        const known = { sent: { text, zipped, etag }, version, madeAt, costMs: madeAt - began };
        this.#known.delete(key);
        this.#known.set(key, known);
        for (const old of this.#known.keys()) if (this.#known.size > mostKept) this.#known.delete(old);
        return known;
      })
      .finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    // A viewer with an older one does not wait for this.
    making.catch(() => undefined);
    return making;
  }
}
