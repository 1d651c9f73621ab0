import { z } from 'zod';
import { Bucket, type StoredObject } from '../../../kit/aws/bucket.ts';
import { credentialSource } from '../../../kit/aws/credentials.ts';
import { SignedHttp } from '../../../kit/aws/signed-http.ts';
import { eachOf } from '../../../kit/common/api/each-of.ts';
import { isClass } from '../../../kit/common/api/answers.ts';
import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { BucketConfig } from '../config.ts';
import { readDocument } from '../document/document.ts';
import { Publication } from '../formats/publication.ts';
import { manifestOf, signingKey } from '../serve/manifest.ts';
import type { FeedStore } from './store.ts';

/*
 * A bucket from which devices fetch by themselves, so that nothing of ours runs all the time: the document, replaced under a
 * condition, and beside it each list as an object of its own, those that have changed, the manifest last.
 */

const documentKey = 'document.json';
const checkKey = 'conditions-check';
const timeoutMs = 30_000;
const json = 'application/json';

const manifestSchema = z.object({
  revision: z.int(),
  files: z.array(z.object({ path: z.string(), sha256: z.string() })),
});

type BucketDeps = Pick<AdapterDeps, 'secret' | 'clock' | 'credentials'>;

export function bucketStore({ bucket, prefix, region, url }: BucketConfig, deps: BucketDeps): FeedStore {
  const target = { signingName: 's3', serviceId: 'S3', region, url, timeoutMs };
  // The session keeps to the pace, and has on record what it replaces.
  const { secret, clock, credentials } = deps;
  const http = new SignedHttp(
    target,
    { secret, clock, ...(credentials && { credentials }) },
    credentialSource(secret, region),
  );
  return new BucketStore(new Bucket(http, { bucket, prefix }), secret['signing.key']);
}

class BucketStore implements FeedStore {
  readonly #bucket: Bucket;
  readonly #signingKey: string | undefined;
  /** Tags of the document of which everything is published, and of the manifest that says so. */
  #published: string | undefined;
  #manifest: string | undefined;
  #keepsConditions = false;

  constructor(bucket: Bucket, signing: string | undefined) {
    this.#bucket = bucket;
    this.#signingKey = signing;
  }

  async read({ unless, signal }: Parameters<FeedStore['read']>[0] = {}): ReturnType<FeedStore['read']> {
    const found = await this.#bucket.get(documentKey, { unless, signal });
    if (found === undefined || found === 'unchanged') return found;
    // The writer may have ended before all lists were written, or a delayed writer may have overwritten them with older ones.
    if (found.etag !== this.#published || !(await this.#isAsPublished(signal))) await this.#publish(found, signal);
    return { text: found.body, tag: found.etag };
  }

  async write(text: string, tag: string | undefined, signal?: AbortSignal): Promise<string> {
    if (!this.#keepsConditions) await this.#checkConditions(signal);
    const etag = await this.#bucket.put(documentKey, text, { type: json, replaces: tag ?? null, signal });
    await this.#publish({ body: text, etag }, signal);
    return etag;
  }

  /** Not used: there are no notifications. */
  readAccess(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  writeAccess(): Promise<void> {
    return Promise.resolve();
  }

  /** A storage that takes no notice of conditions would let one writer undo what another has revoked. */
  async #checkConditions(signal: AbortSignal | undefined): Promise<void> {
    const once = { type: 'text/plain', replaces: null, signal } as const;
    const isRefused = async (): Promise<boolean> => {
      try {
        await this.#bucket.put(checkKey, 'Postern looks here whether conditions are kept.\n', once);
        return false;
      } catch (error) {
        if (isClass(error, 'conflict')) return true;
        throw error;
      }
    };
    this.#keepsConditions = (await isRefused()) || (await isRefused());
    if (this.#keepsConditions) return;
    throw new AdapterError(
      'unsupported',
      'This storage takes no notice of If-None-Match when it is written to, so that two writers could undo each other. Use one with conditional writes, as S3 has, or a folder.',
    );
  }

  async #isAsPublished(signal: AbortSignal | undefined): Promise<boolean> {
    return (await this.#bucket.get('manifest.json', { unless: this.#manifest, signal })) === 'unchanged';
  }

  /** Each object whole, those that are right left alone, the manifest last. A list that no longer exists stays, empty. */
  async #publish({ body, etag }: StoredObject, signal: AbortSignal | undefined): Promise<void> {
    const publication = new Publication(readDocument(body));
    const there = await this.#manifestThere(signal);
    const { revision } = publication.document;
    if (there.revision > revision)
      throw new AdapterError('conflict', `Revision ${there.revision} is published already, and this is ${revision}.`);
    const paths = [...new Set([...publication.paths(), ...there.files.keys()])];
    await eachOf(paths, async (path) => {
      const published = publication.find(path);
      if (published === undefined || published.etag === `"sha256-${there.files.get(path) ?? ''}"`) return;
      await this.#bucket.put(path, published.body.toString(), { type: published.type, signal });
    });
    const key = this.#signingKey === undefined ? undefined : signingKey(this.#signingKey);
    const manifest = manifestOf(publication, key);
    if (there.revision !== revision && manifest.signature !== undefined)
      await this.#bucket.put('manifest.json.sig', manifest.signature, { type: 'text/plain', signal });
    this.#manifest =
      there.revision === revision
        ? there.etag
        : await this.#bucket.put('manifest.json', manifest.body, { type: json, signal });
    this.#published = etag;
  }

  /** What was published last; what cannot be read counts as nothing. */
  async #manifestThere(
    signal: AbortSignal | undefined,
  ): Promise<{ readonly revision: number; readonly files: ReadonlyMap<string, string>; readonly etag: string }> {
    const found = await this.#bucket.get('manifest.json', { signal });
    const { body, etag } = found === undefined || found === 'unchanged' ? { body: '{}', etag: '' } : found;
    const read = manifestSchema.safeParse(parsed(body));
    if (!read.success) return { revision: -1, files: new Map(), etag };
    const files = new Map(read.data.files.map(({ path, sha256 }) => [path, sha256]));
    return { revision: read.data.revision, files, etag };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
