import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { AdapterError, type ErrorClass } from '../../../src/adapter/errors.ts';

/*
 * One question to istiod over gRPC: a stream that is opened with one message, and closed when the first came back. For
 * that a client for gRPC would be ten times what it is used for. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */

/** An istiod, and how it is known to be one. */
export interface Istiod {
  /** `https://10.0.3.7:15012` */
  readonly url: string;
  /** PEM of the mesh's own authority. */
  readonly ca: string;
  /** The name in its certificate: `istiod.istio-system.svc`. */
  readonly serverName: string;
  readonly token: string;
}

const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources';
const timeoutMs = 10_000;
/** Of 50,000 proxies. */
const maxAnswerBytes = 64e6;
const frameHeaderBytes = 5;

/**
 * The first message with which an istiod answers `request`.
 *
 * @throws AdapterError `transient` where it does not answer, `auth` or `forbidden` where it refuses
 */
export async function askIstiod(
  { url, ca, serverName, token }: Istiod,
  request: Buffer,
  signal: AbortSignal,
): Promise<Buffer> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let session: ClientHttp2Session | undefined;
  try {
    session = connect(url, { ca, servername: serverName }); // throws where `ca` is no certificate
    return await firstMessage(session, { token, request, signal: deadline });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AdapterError) throw error;
    const reason = deadline.aborted ? `no answer within ${timeoutMs / 1_000} seconds` : textOf(error);
    throw new AdapterError('transient', `istiod at ${url.replace('https://', '')} could not be asked: ${reason}.`);
  } finally {
    session?.destroy();
  }
}

interface Asked {
  readonly token: string;
  readonly request: Buffer;
  readonly signal: AbortSignal;
}

function firstMessage(session: ClientHttp2Session, { token, request, signal }: Asked): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request(
      {
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: path,
        [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
        [constants.HTTP2_HEADER_TE]: 'trailers',
        [constants.HTTP2_HEADER_AUTHORIZATION]: `Bearer ${token}`,
      },
      { signal },
    );
    const answer = new FirstFrame(resolve, reject);
    const refused = (headers: IncomingHttpHeaders): void => {
      const error = refusalIn(headers);
      if (error !== undefined) reject(error);
    };
    stream.on('response', refused);
    stream.on('trailers', refused);
    stream.on('data', (chunk: Buffer) => answer.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('it closed the connection without an answer')));
    stream.write(framed(request));
  });
}

function framed(message: Buffer): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** A byte that says whether it is compressed, the length in four, and the message. */
class FirstFrame {
  readonly #resolve: (message: Buffer) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #wanted = frameHeaderBytes;

  constructor(resolve: (message: Buffer) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return;
    const all = Buffer.concat(this.#chunks, this.#length);
    this.#chunks.splice(0, Infinity, all);
    this.#wanted = frameHeaderBytes + all.readUInt32BE(1);
    if (all[0] !== 0) this.#reject(new Error('its answer is compressed, which was not asked for'));
    else if (this.#wanted > maxAnswerBytes) this.#reject(new Error(`its answer has ${this.#wanted} bytes`));
    else if (this.#length >= this.#wanted) this.#resolve(all.subarray(frameHeaderBytes, this.#wanted));
  }
}

/** https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
const classes: Readonly<Record<string, ErrorClass>> = { 7: 'forbidden', 16: 'auth' };

function refusalIn(headers: IncomingHttpHeaders): AdapterError | undefined {
  const http = Number(headers[':status'] ?? 200);
  if (http !== 200)
    return new AdapterError(
      'transient',
      `istiod answered with HTTP status ${http}: is that its port for xDS over TLS?`,
    );
  const status = headers['grpc-status'];
  if (status === undefined || status === '0') return undefined;
  const code = String(status);
  const said = decoded(String(headers['grpc-message'] ?? ''));
  return new AdapterError(classes[code] ?? 'transient', `istiod refused to say: ${said || `gRPC status ${code}`}.`);
}

/** Percent-encoded; what is not, is shown as it came. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
