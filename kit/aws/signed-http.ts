import { SignatureV4 } from '@smithy/signature-v4';
import type { AdapterDeps } from '../../src/adapter/adapter.ts';
import { httpClient, type HttpClient, type HttpResponse } from '../../src/adapter/http/client.ts';
import type { HttpRequest } from '../../src/adapter/http/messages.ts';
import type { CredentialSource } from './credentials.ts';
import { endpointOf, type AwsService } from './endpoint.ts';
import { createHash, createHmac, type Hash } from 'node:crypto';

export interface SignedTarget extends AwsService {
  readonly region: string;
  /** Absent: the service's own endpoint. */
  readonly url?: string | undefined;
  readonly timeoutMs: number;
}

export type SignedDeps = Pick<AdapterDeps, 'secret' | 'pace' | 'clock' | 'onRequest' | 'credentials'>;

interface Connection {
  readonly client: HttpClient;
  readonly host: string;
}

/** Requests to one service of AWS, or one that speaks as they do, each with its Signature Version 4. */
export class SignedHttp {
  readonly #target: SignedTarget;
  readonly #deps: SignedDeps;
  readonly #credentials: CredentialSource;
  #connection: Promise<Connection> | undefined;

  constructor(target: SignedTarget, deps: SignedDeps, credentials: CredentialSource) {
    this.#target = target;
    this.#deps = deps;
    this.#credentials = credentials;
  }

  /** @throws AdapterError when there is no answer, or nothing to sign with */
  async request(request: HttpRequest): Promise<HttpResponse> {
    request.signal?.throwIfAborted();
    this.#connection ??= this.#open();
    const { client, host } = await this.#connection;
    const headers = await this.#signed(request, host);
    return client.request({ ...request, headers });
  }

  close(): void {
    void this.#connection?.then(({ client }) => client.close()).catch(() => undefined);
  }

  async #open(): Promise<Connection> {
    const baseUrl = await endpointOf(this.#target, this.#target);
    const { secret, pace, onRequest, credentials } = this.#deps;
    const { timeoutMs } = this.#target;
    const client = httpClient({
      baseUrl,
      ca: secret['ca.crt'],
      timeoutMs,
      maxSockets: 4,
      pace,
      onRequest,
      credentials,
    });
    return { client, host: new URL(baseUrl).host };
  }

  /** The host is part of what is signed, and is set by the connection. */
  async #signed({ method, path, headers, body }: HttpRequest, host: string): Promise<Readonly<Record<string, string>>> {
    const { signingName: service, region } = this.#target;
    const credentials = await this.#credentials();
    const { secretAccessKey, sessionToken } = credentials;
    this.#deps.credentials?.add(secretAccessKey);
    if (sessionToken !== undefined) this.#deps.credentials?.add(sessionToken);
    // S3 alone signs a path as it is sent.
    const uriEscapePath = service !== 's3';
    const signer = new SignatureV4({ credentials, region, service, sha256: Sha256, uriEscapePath });
    const { pathname, searchParams } = new URL(path, 'https://host');
    const unsigned = {
      method,
      protocol: 'https:',
      hostname: host,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { host, ...headers },
      ...(body !== undefined && { body }),
    };
    const signed = await signer.sign(unsigned, { signingDate: new Date(this.#deps.clock.now()) });
    const { host: _, ...rest } = signed.headers;
    return rest;
  }
}

/** The SHA-256 of this process, as the signer asks for it: with a key it is an HMAC. */
class Sha256 {
  readonly #hash: Pick<Hash, 'digest'> & { update(data: Uint8Array): unknown };

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
