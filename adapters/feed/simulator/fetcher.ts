import { request, type RequestOptions } from 'node:https';
import { gunzipSync } from 'node:zlib';
import type { Fetched } from './consumer.ts';

/** How a consumer was set up to fetch: by those who administer it. */
export interface Source {
  /** `https://feed.example.com:8443/edge` */
  readonly url: string;
  /** PEM; absent: the authorities of the system. */
  readonly ca?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** PEM. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

const timeoutMs = 10_000;
const mostRedirects = 3;

/** One fetch, with its own client: status 0 where no answer came, or one that cannot be read. */
export async function fetchPath(
  source: Source,
  path: string,
  { etag, redirects }: { readonly etag: string | undefined; readonly redirects: boolean },
): Promise<Fetched> {
  let url = `${source.url.replace(/\/+$/, '')}/${path}`;
  for (let hop = 0; hop <= (redirects ? mostRedirects : 0); hop += 1) {
    const { location, ...fetched } = await fetchOnce(source, url, etag);
    if (!redirects || location === undefined) return fetched;
    url = new URL(location, url).href;
  }
  return { status: 0, body: '' };
}

function fetchOnce(
  { ca, username, password, token, certificate, key }: Source,
  url: string,
  etag: string | undefined,
): Promise<Fetched & { readonly location?: string }> {
  const basic = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64');
  const authorization =
    token === undefined ? (username === undefined ? undefined : `Basic ${basic}`) : `Bearer ${token}`;
  const options: RequestOptions = {
    timeout: timeoutMs,
    ca,
    cert: certificate,
    key,
    headers: {
      'Accept-Encoding': 'gzip',
      ...(authorization !== undefined && { Authorization: authorization }),
      ...(etag !== undefined && { 'If-None-Match': etag }),
    },
  };
  return new Promise((resolve) => {
    const nothing = (): void => resolve({ status: 0, body: '' });
    const asked = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', nothing);
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        try {
          const sent = Buffer.concat(chunks);
          const body = (headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent).toString('utf8');
          const { etag: tag, location } = headers;
          resolve({
            status,
            body,
            ...(tag !== undefined && { etag: tag }),
            ...(location !== undefined && { location }),
          });
        } catch {
          nothing();
        }
      });
    });
    asked.on('error', nothing);
    asked.on('timeout', () => asked.destroy());
    asked.end();
  });
}
