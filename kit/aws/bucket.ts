import { textOf, isObject } from '../common/api/json.ts';
import type { AnswerTable } from '../common/api/answers.ts';
import type { HttpResponse } from '../../src/adapter/http/client.ts';
import { refused, type ServiceError } from './refusals.ts';
import type { SignedHttp } from './signed-http.ts';
import { xmlReader } from './xml.ts';

/** By the error codes of the S3 API reference. */
const table: AnswerTable = {
  texts: [],
  codes: {
    NoSuchBucket: ['invalid', 'the bucket is not there; make it, or correct its name and region'],
    PermanentRedirect: ['invalid', 'the bucket is in another region'],
    NoSuchKey: ['conflict', 'it is gone'],
    PreconditionFailed: ['conflict', 'it was replaced since Postern read it'],
    ConditionalRequestConflict: ['conflict', 'another client is replacing it'],
    NotImplemented: [
      'unsupported',
      'this storage has no conditional writes, without which two writers could undo each other',
    ],
  },
  statuses: {},
};

export interface StoredObject {
  readonly body: string;
  readonly etag: string;
}

interface PutOptions {
  readonly type: string;
  /** The ETag of what it must replace; null: there must be nothing yet; absent: whatever is there. */
  readonly replaces?: string | null;
  readonly signal?: AbortSignal | undefined;
}

const parsed = xmlReader();

/** Objects in one bucket of S3, or of a storage that speaks as S3 does, below a prefix. */
export class Bucket {
  readonly #http: SignedHttp;
  readonly #path: string;

  /** @param prefix empty, or ends with a slash */
  constructor(http: SignedHttp, { bucket, prefix }: { readonly bucket: string; readonly prefix: string }) {
    this.#http = http;
    this.#path = `/${bucket}/${prefix}`;
  }

  /**
   * Undefined: there is no such object.
   *
   * @param unless the ETag that is known: `unchanged` where it is still that
   */
  async get(
    key: string,
    { unless, signal }: { readonly unless?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<StoredObject | 'unchanged' | undefined> {
    const response = await this.#http.request({
      method: 'GET',
      path: this.#pathOf(key),
      template: 's3 GetObject',
      headers: unless === undefined ? {} : { 'if-none-match': unless },
      ...(signal && { signal }),
    });
    if (response.status === 304) return 'unchanged';
    if (response.status === 200) return { body: response.body, etag: response.headers['etag'] ?? '' };
    const error = errorIn(response);
    if (response.status === 404 && error.code === 'NoSuchKey') return undefined;
    // Without the right to list, S3 says of what is not there that it is forbidden.
    throw refused('s3 GetObject', response, error, { table, permission: 's3:GetObject and s3:ListBucket' });
  }

  /** @returns its new ETag. @throws AdapterError `conflict` where it would replace something else */
  async put(key: string, body: string, { type, replaces, signal }: PutOptions): Promise<string> {
    const condition =
      replaces === undefined ? {} : replaces === null ? { 'if-none-match': '*' } : { 'if-match': replaces };
    const response = await this.#http.request({
      method: 'PUT',
      path: this.#pathOf(key),
      template: 's3 PutObject',
      body,
      headers: { 'content-type': type, ...condition },
      ...(signal && { signal }),
    });
    if (response.status === 200) return response.headers['etag'] ?? '';
    throw refused('s3 PutObject', response, errorIn(response), { table, permission: 's3:PutObject' });
  }

  #pathOf(key: string): string {
    return `${this.#path}${key}`.split('/').map(encodeURIComponent).join('/');
  }
}

function errorIn({ body }: HttpResponse): ServiceError {
  const error = parsed(body)?.['Error'];
  if (!isObject(error)) return { code: '', message: '' };
  return { code: textOf(error['Code']), message: textOf(error['Message']) };
}
