import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  AxiosError,
  AxiosHeaders,
  CanceledError,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';

const unzip = promisify(gunzip);

/**
 * How axios asks a device: Node's own client, one request on a connection that is kept, one answer as text, packed (gzip)
 * or not. The way that the library brings along takes several times the computing, for forms, streams, redirects and
 * proxies, none of which a device is sent.
 *
 * @throws AxiosError of what Node or the limit of the answer's size says; CanceledError when the signal was aborted
 */
export const nodeHttpAdapter: AxiosAdapter = (config) =>
  new Promise((resolve, reject) => {
    const { httpsAgent, data, maxContentLength = Infinity } = config as SendConfig;
    const signal = config.signal instanceof AbortSignal ? config.signal : undefined;
    const outgoing = request(urlOf(config), {
      method: config.method?.toUpperCase(),
      // Node says it by itself only of methods that usually have a body.
      headers: { ...config.headers.toJSON(), ...(data !== undefined && { 'Content-Length': Buffer.byteLength(data) }) },
      ...(httpsAgent instanceof Agent && { agent: httpsAgent }),
      ...(signal && { signal }),
    });
    const fail = (error: Error, code = codeOf(error)): void => {
      const isOver = signal?.aborted === true;
      reject(isOver ? new CanceledError(undefined, config, outgoing) : AxiosError.from(error, code, config, outgoing));
      outgoing.destroy();
    };
    outgoing.on('error', fail);
    outgoing.on('response', (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      answer.on('error', fail);
      answer.on('data', (part: Buffer) => {
        parts.push(part);
        size += part.length;
        if (size > maxContentLength) fail(new Error('the answer is too long'), AxiosError.ERR_BAD_RESPONSE);
      });
      answer.on('end', () => {
        const response = { ...headOf(answer), config, request: outgoing };
        textOf(answer, Buffer.concat(parts), maxContentLength).then(
          (text) => resolve({ ...response, data: text }),
          fail,
        );
      });
    });
    outgoing.end(data);
  });

/** What we hand to the library, which types it as anything. */
type SendConfig = Omit<InternalAxiosRequestConfig<string>, 'httpsAgent'> & { readonly httpsAgent?: unknown };

/** What is after the base is never taken for an address of its own. */
function urlOf({ baseURL = '', url = '' }: InternalAxiosRequestConfig): URL {
  return new URL(`${baseURL}/${url.replace(/^\/+/, '')}`);
}

function headOf(answer: IncomingMessage): Pick<AxiosResponse, 'status' | 'statusText' | 'headers'> {
  const { statusCode: status = 0, statusMessage: statusText = '', headers } = answer;
  const known = Object.entries(headers).map(([name, value = '']) => [name, value] as const);
  return { status, statusText, headers: AxiosHeaders.from(Object.fromEntries(known)) };
}

async function textOf({ headers }: IncomingMessage, content: Buffer, maxOutputLength: number): Promise<string> {
  const isPacked = headers['content-encoding'] === 'gzip' && content.length > 0;
  return new TextDecoder().decode(isPacked ? await unzip(content, { maxOutputLength }) : content);
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
