import type { Clock } from '../../../src/adapter/adapter.ts';
import { EventEmitter, once } from 'node:events';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { createAdaptorServer } from '@hono/node-server';
import { UsageError } from '../../../src/core/model/usage-error.ts';
import { folderStore } from '../store/folder.ts';
import type { FeedStore } from '../store/store.ts';
import { AccessLog, readAccess } from './access-log.ts';
import { feedApp, type ServedFeed } from './app.ts';
import { readConsumers } from './consumers-file.ts';
import { CurrentFeed } from './current-feed.ts';
import { feedNames } from './feed-folders.ts';
import { signingKey } from './manifest.ts';
import { watchFiles } from './watched-files.ts';

export interface FeedServerOptions {
  /** Its subfolders are feeds: `config.store.folder` of a point each. */
  readonly feeds: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tlsCert: string;
  readonly tlsKey: string;
  /** Authorities of client certificates; absent: none is asked for. */
  readonly clientCa?: string | undefined;
  readonly consumers: string;
  /** Absent: manifests are not signed. */
  readonly key?: KeyObject | undefined;
  /** Tells servers of the same feeds apart, `[a-z0-9-]`. */
  readonly server: string;
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly onTrouble: (message: string) => void;
}

export interface FeedServer {
  readonly url: string;
  close(): Promise<void>;
}

interface KeptFeed extends ServedFeed {
  readonly store: FeedStore;
}

const refreshMs = 500;
const filesMs = 5_000;

/**
 * Serves feeds over HTTPS. Certificates, keys and credentials are taken over while it runs when their files change.
 *
 * @throws UsageError that names the file that cannot be used
 */
export async function serveFeeds(options: FeedServerOptions): Promise<FeedServer> {
  const { onTrouble, clock } = options;
  const consumers = await usable(
    watchFiles([options.consumers], ([text = '']) => readConsumers(text)),
    '--consumers',
  );
  const feeds = new Map<string, KeptFeed>();
  const app = feedApp({ feeds, consumers: () => consumers.value, key: options.key, clock, onTrouble });
  const tlsFiles = [options.tlsCert, options.tlsKey, ...(options.clientCa === undefined ? [] : [options.clientCa])];
  const renewed = new EventEmitter<{ context: [SecureContextOptions] }>();
  const tls = await usable(
    watchFiles(tlsFiles, secured, (context) => renewed.emit('context', context)),
    '--tls-cert, --tls-key, --client-ca',
  );
  const server = httpsServer(app, {
    ...tls.value,
    requestCert: options.clientCa !== undefined,
    rejectUnauthorized: false,
  });
  renewed.on('context', (context) => server.setSecureContext(context));
  await refreshAll(options, feeds);
  const timers = [
    every(refreshMs, () => refreshAll(options, feeds)),
    every(filesMs, async () => {
      for (const wrong of [await consumers.look(), await tls.look()]) if (wrong !== undefined) onTrouble(wrong);
    }),
  ];
  server.listen(options.port, options.host);
  await usable(once(server, 'listening'), '--listen');
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `https://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: async () => {
      await Promise.all(timers.map((timer) => timer.stop()));
      await keepAccess(options, feeds);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function httpsServer(app: ReturnType<typeof feedApp>, serverOptions: ServerOptions): Server {
  const secure = { ...serverOptions, minVersion: 'TLSv1.2' as const };
  const server = createAdaptorServer({ fetch: app.fetch, createServer, serverOptions: secure });
  if (!isHttps(server)) throw new Error('not an HTTPS server');
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  return server;
}

function isHttps(server: unknown): server is Server {
  return server instanceof Server;
}

/** Looks at every folder that is there now, and keeps what was fetched. */
async function refreshAll(options: FeedServerOptions, feeds: Map<string, KeptFeed>): Promise<void> {
  for (const name of await feedNames(options.feeds)) {
    if (feeds.has(name)) continue;
    const store = folderStore(join(options.feeds, name));
    const before = readAccess((await store.readAccess().catch(() => undefined)) ?? []);
    feeds.set(name, { store, current: new CurrentFeed(store, options.clock.elapsed), access: new AccessLog(before) });
  }
  await Promise.all([...feeds.values()].map(({ current }) => current.refresh()));
  await keepAccess(options, feeds);
}

async function keepAccess(
  { server, clock, onTrouble }: FeedServerOptions,
  feeds: Map<string, KeptFeed>,
): Promise<void> {
  for (const [name, { store, access }] of feeds) {
    const text = access.takeText(clock.now());
    if (text === undefined) continue;
    await store.writeAccess(server, text).catch((error: unknown) => {
      onTrouble(`who fetched feed ${name} could not be kept: ${error instanceof Error ? error.message : 'unknown'}`);
    });
  }
}

/** @throws Error for what is no certificate with its key */
function secured([cert = '', key = '', ca]: readonly string[]): SecureContextOptions {
  const context = { cert, key, ...(ca !== undefined && { ca }) };
  createSecureContext(context);
  return context;
}

/** @throws UsageError for a file that holds no Ed25519 key in PEM */
export async function readKey(path: string): Promise<KeyObject> {
  return usable(
    readFile(path, 'utf8').then((pem) => signingKey(pem)),
    '--signing-key',
  );
}

async function usable<T>(work: Promise<T>, option: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new UsageError(`${option}: ${error instanceof Error ? error.message : 'cannot be used'}`);
  }
}

/** Again and again, never twice at a time. */
function every(ms: number, work: () => Promise<void>): { stop(): Promise<void> } {
  let running = Promise.resolve();
  let timer = setTimeout(run, ms);
  let stopped = false;
  function run(): void {
    running = work().then(() => {
      if (!stopped) timer = setTimeout(run, ms);
    });
  }
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}
