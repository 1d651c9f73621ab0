import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import type { Publication } from '../formats/publication.ts';

/** What stands at every path of a feed, and a signature of that. */
export interface Manifest {
  readonly body: string;
  /** Ed25519 over the bytes of the body, base64; undefined: there is no key. */
  readonly signature: string | undefined;
}

/** @throws Error for a key that is not an Ed25519 key in PEM */
export function signingKey(pem: string): KeyObject {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the signing key must be an Ed25519 key');
  return key;
}

/** @throws AdapterError where the document has what must not be published */
export function manifestOf(publication: Publication, key: KeyObject | undefined): Manifest {
  const files = publication.paths().map((path) => {
    const published = publication.find(path);
    return { path, bytes: published?.body.length ?? 0, sha256: published?.etag.slice('"sha256-'.length, -1) ?? '' };
  });
  const body = `${JSON.stringify({ revision: publication.document.revision, files })}\n`;
  return { body, signature: key && sign(null, Buffer.from(body), key).toString('base64') };
}
