import { once } from 'node:events';
import { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { UsageError } from '../core/model/usage-error.ts';
import type { ListenAddress } from './listen-address.ts';
import { bracketed } from '../net/address.ts';

export interface Listening {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Takes no new request, lets those that run come to an end for a while, and ends. */
  close(): Promise<void>;
}

const headersMs = 10_000;
const closeMs = 2_000;

/**
 * @param requestMs how long a client may take to send a request
 * @throws UsageError when the address cannot be listened on
 */
export async function listen(
  app: Pick<Hono, 'fetch'>,
  { host, port }: ListenAddress,
  { requestMs = 30_000, patienceMs = closeMs } = {},
): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch });
  if (!(server instanceof Server)) throw new Error('not an HTTP/1.1 server');
  server.headersTimeout = headersMs;
  server.requestTimeout = requestMs;
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    throw new UsageError(
      `cannot listen on ${bracketed(host)}:${port}: ${error instanceof Error ? error.message : 'unknown error'}`,
    );
  });
  const { address, port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${bracketed(address)}:${bound}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), patienceMs);
      await closed;
      clearTimeout(late);
    },
  };
}
