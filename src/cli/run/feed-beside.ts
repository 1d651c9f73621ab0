import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { servers } from '../../../adapters/index.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { parseListenAddress } from '../../http/listen-address.ts';
import type { Io } from '../io.ts';

/** Feeds that are served by the process that writes them. */
export interface FeedBesideOptions {
  /** The folder whose subfolders are feeds. */
  readonly feeds?: string;
  /** A folder with tls.crt, tls.key and consumers.yaml, and perhaps client-ca.crt and signing.key. */
  readonly feedFiles?: string;
  readonly feedListen?: string;
}

interface FeedListener {
  readonly listening: (url: string) => void;
  readonly trouble: (message: string) => void;
}

/** Serves feeds while something else runs, if that is asked for. */
export async function withFeeds<T>(
  { feeds, feedFiles, feedListen = '127.0.0.1:8443' }: FeedBesideOptions,
  io: Pick<Io, 'clock'>,
  tell: FeedListener,
  run: () => Promise<T>,
): Promise<T> {
  if (feeds === undefined && feedFiles === undefined) return run();
  if (feeds === undefined || feedFiles === undefined)
    throw new UsageError('--feeds and --feed-files go together: the feeds to serve, and the certificate and consumers');
  const { serveFeeds, readKey } = await servers.feed();
  const file = (name: string): string => join(feedFiles, name);
  const given = (name: string): string | undefined => (existsSync(file(name)) ? file(name) : undefined);
  const signingKey = given('signing.key');
  const server = await serveFeeds({
    ...{ feeds, tlsCert: file('tls.crt'), tlsKey: file('tls.key'), consumers: file('consumers.yaml') },
    ...{ clientCa: given('client-ca.crt'), key: signingKey === undefined ? undefined : await readKey(signingKey) },
    ...parseListenAddress(feedListen, '--feed-listen'),
    server: serverName(),
    clock: io.clock,
    onTrouble: tell.trouble,
  });
  tell.listening(server.url);
  try {
    return await run();
  } finally {
    await server.close();
  }
}

/** Tells servers of the same feeds apart. */
export function serverName(): string {
  return hostname()
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-');
}
