import { createHash } from 'node:crypto';
import { serveSimulator } from '../http.ts';
import type { SimulatedDevice, SimulatedRequest, SimulatedResponse } from '../simulated-device.ts';
import type { Simulator } from '../simulator.ts';
import { Failure } from './calls.ts';
import { sha256, signatureFault, type Keys } from './signature.ts';

/* A storage with one bucket, as strict as S3 with signatures and conditions: by the S3 API reference. */

interface Kept {
  readonly body: string;
  readonly type: string;
}

const place = { bucket: 'feeds', region: 'eu-west-1' } as const;

class S3Device implements SimulatedDevice {
  readonly #keys: Keys;
  readonly #keepsConditions: boolean;
  #objects: ReadonlyMap<string, Kept> = new Map();

  constructor(keys: Keys, keepsConditions: boolean) {
    this.#keys = keys;
    this.#keepsConditions = keepsConditions;
  }

  answer(request: SimulatedRequest): SimulatedResponse {
    try {
      return this.#carryOut(request);
    } catch (error) {
      if (error instanceof Failure) return failed(error);
      throw error;
    }
  }

  #carryOut(request: SimulatedRequest): SimulatedResponse {
    const fault = signatureFault(request, { service: 's3', region: place.region, keys: this.#keys });
    if (fault === 'unknown-key') throw new Failure('InvalidAccessKeyId', 'The access key does not exist.', 403);
    if (fault !== undefined) throw new Failure('SignatureDoesNotMatch', 'The signature does not match.', 403);
    if (request.headers['x-amz-content-sha256'] !== sha256(request.body))
      throw new Failure('XAmzContentSHA256Mismatch', 'The content is not what was signed.');
    const [, bucket, ...parts] = (request.path.split('?')[0] ?? '').split('/');
    if (bucket !== place.bucket) throw new Failure('NoSuchBucket', 'The specified bucket does not exist', 404);
    const key = parts.map(decodeURIComponent).join('/');
    if (request.method === 'GET' || request.method === 'HEAD') return this.#get(key, request);
    if (request.method === 'PUT') return this.#put(key, request);
    throw new Failure('MethodNotAllowed', 'The method is not simulated', 405);
  }

  #get(key: string, { method, headers }: SimulatedRequest): SimulatedResponse {
    const kept = this.#objects.get(key);
    if (kept === undefined) throw new Failure('NoSuchKey', 'The specified key does not exist.', 404);
    const etag = etagOf(kept.body);
    if (headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: '', wrote: false };
    const body = method === 'HEAD' ? '' : kept.body;
    return { status: 200, headers: { etag, 'content-type': kept.type }, body, wrote: false };
  }

  #put(key: string, { headers, body }: SimulatedRequest): SimulatedResponse {
    const kept = this.#objects.get(key);
    const [match, noneMatch] = [headers['if-match'], headers['if-none-match']];
    if (noneMatch !== undefined && noneMatch !== '*') throw new Failure('NotImplemented', 'If-None-Match: * only', 501);
    if (match !== undefined && kept === undefined) throw new Failure('NoSuchKey', 'There is nothing to match.', 404);
    const isRefused =
      (noneMatch === '*' && kept !== undefined) || (match !== undefined && match !== etagOf(kept?.body ?? ''));
    if (isRefused && this.#keepsConditions)
      throw new Failure('PreconditionFailed', 'At least one of the conditions did not hold', 412);
    this.#objects = new Map([...this.#objects, [key, { body, type: headers['content-type'] ?? '' }]]);
    return { status: 200, headers: { etag: etagOf(body) }, body: '', wrote: true };
  }

  verdict(): { readonly action: 'Deny'; readonly rule: string } {
    return { action: 'Deny', rule: '' };
  }

  dump(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#objects].map(([key, { body }]) => [key, body]));
  }

  reset(): void {
    this.#objects = new Map();
  }

  checkpoint(): () => void {
    const objects = this.#objects;
    return () => (this.#objects = objects);
  }

  failure(status: number): SimulatedResponse {
    return failed(new Failure(status === 403 ? 'AccessDenied' : 'InternalError', 'We encountered an error.', status));
  }

  throttled(): SimulatedResponse {
    return failed(new Failure('SlowDown', 'Please reduce your request rate.', 503));
  }

  recordable({ path, body }: SimulatedRequest): { readonly path: string; readonly body: string } {
    return { path, body };
  }
}

function etagOf(body: string): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function failed({ code, message, status }: Failure): SimulatedResponse {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body, wrote: false };
}

/** A storage to practise on; one that takes no notice of conditions is none for documents. */
export async function startS3({ keepsConditions = true } = {}): Promise<Simulator & typeof place> {
  const keys = { accessKeyId: 'AKIASIMULATED', secretAccessKey: 'simulated-secret-key' };
  const served = await serveSimulator(
    { kind: 's3', version: '2006-03-01', credentials: keys },
    new S3Device(keys, keepsConditions),
    {
      port: 0,
    },
  );
  return { ...served, ...place };
}
