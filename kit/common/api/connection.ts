import type { AdapterDeps } from '../../../src/adapter/adapter.ts';
import { httpClient, type HttpClient, type HttpOptions } from '../../../src/adapter/http/client.ts';

/** HTTP to the device that a point's config names, as its secret (`ca.crt`) and its pace say. */
export function deviceHttp(
  { url, requestTimeoutMs }: { readonly url: string; readonly requestTimeoutMs: number },
  { secret, pace, onRequest, credentials }: Pick<AdapterDeps, 'secret' | 'pace' | 'onRequest' | 'credentials'>,
  own: Pick<HttpOptions, 'maxSockets' | 'headers'>,
): HttpClient {
  return httpClient({
    baseUrl: url,
    ca: secret['ca.crt'],
    timeoutMs: requestTimeoutMs,
    pace,
    onRequest,
    credentials,
    ...own,
  });
}
