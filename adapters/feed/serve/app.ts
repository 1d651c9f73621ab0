import type { Clock } from '../../../src/adapter/adapter.ts';
import type { KeyObject } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { TLSSocket } from 'node:tls';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { Published, Publication } from '../formats/publication.ts';
import type { AccessLog } from './access-log.ts';
import { claimedBy, consumerOf, mayComeFrom, type KnownConsumer } from './consumers-file.ts';
import type { CurrentFeed } from './current-feed.ts';
import { manifestOf, type Manifest } from './manifest.ts';
import { TurnedAway } from './turned-away.ts';

export interface ServedFeed {
  readonly current: CurrentFeed;
  readonly access: AccessLog;
}

export interface FeedAppDeps {
  /** By name. */
  readonly feeds: ReadonlyMap<string, ServedFeed>;
  /** Those who may fetch, as of now. */
  consumers(): readonly KnownConsumer[];
  /** Absent: manifests are not signed. */
  readonly key?: KeyObject | undefined;
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  /** Told of who was turned away, and of what cannot be published. */
  readonly onTrouble: (message: string) => void;
}

const retryAfterSeconds = '30';
/** In the words of a device: it keeps what it has, and comes again. */
const unknown = { status: 503, headers: { 'Retry-After': retryAfterSeconds, 'Cache-Control': 'no-store' } } as const;

/**
 * Answers those who fetch feeds:
 *
 *   GET /FEED/lists/NAME.txt ...   200 with a strong ETag, 304, 503 while what is true is not known, never an empty 200
 *   GET /FEED/manifest.json        what stands at each path; `manifest.json.sig` is its signature
 *   GET /healthz                   whether every feed is known, without a credential
 */
export function feedApp(deps: FeedAppDeps): Hono<{ Bindings: HttpBindings }> {
  const manifests = new WeakMap<Publication, Manifest>();
  const manifest = (publication: Publication): Manifest => {
    const made = manifests.get(publication) ?? manifestOf(publication, deps.key);
    manifests.set(publication, made);
    return made;
  };
  const away = new TurnedAway(deps.onTrouble, deps.clock.elapsed);
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get('/healthz', (c) => {
    const known = [...deps.feeds.values()].every(({ current }) => current.publication !== undefined);
    return c.text(known ? 'ok\n' : 'not every feed is known\n', known ? 200 : 503);
  });
  app.get('/:feed/:path{.+}', async (c) => {
    const { feed: name, path } = c.req.param();
    const consumer = admit(c.env.incoming, name, deps, away);
    if (consumer === 'unknown') return c.body(null, 401, { 'WWW-Authenticate': 'Basic realm="postern feed"' });
    if (consumer === 'elsewhere') return c.body(null, 403);
    const feed = consumer.feeds?.includes(name) === false ? undefined : deps.feeds.get(name);
    if (feed === undefined) return c.body(null, 404);
    const { publication } = feed.current;
    if (publication === undefined) return c.body(null, unknown);
    try {
      if (path === 'manifest.json')
        return c.text(manifest(publication).body, 200, { 'Content-Type': 'application/json' });
      if (path === 'manifest.json.sig') return c.text(manifest(publication).signature ?? '', deps.key ? 200 : 404);
      const published = publication.find(path);
      if (published === undefined) return c.body(null, 404);
      const { revision } = publication.document;
      const answer = await answerTo(c.req.raw.headers, published, revision);
      const { etag } = published;
      const fetch = { etag, revision, at: new Date(deps.clock.now()).toISOString(), status: answer.status };
      const isFetch = c.req.method === 'GET';
      // A list of which a part was sent has not been fetched.
      if (isFetch) c.env.outgoing.once('finish', () => feed.access.note(consumer.name, path, fetch));
      return answer;
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      deps.onTrouble(error.message);
      return c.body(null, unknown);
    }
  });
  return app;
}

/** The consumer that asks. A refused client is logged, without its credential. */
function admit(
  incoming: HttpBindings['incoming'],
  feed: string,
  deps: FeedAppDeps,
  away: TurnedAway,
): KnownConsumer | 'unknown' | 'elsewhere' {
  const { socket, headers } = incoming;
  const remote = socket.remoteAddress ?? '';
  const isVerified = socket instanceof TLSSocket && socket.authorized;
  const fingerprint = isVerified ? socket.getPeerCertificate().fingerprint256 : undefined;
  const shown = { authorization: headers.authorization, fingerprint };
  const consumer = consumerOf(deps.consumers(), shown);
  const at = new Date(deps.clock.now()).toISOString();
  if (consumer === undefined) {
    const claimed = claimedBy(deps.consumers(), shown);
    if (claimed !== undefined) deps.feeds.get(feed)?.access.refuse(claimed.name, { why: 'credential', at });
    away.note(remote, `a fetch of feed ${quoted(feed)} from ${remote} showed no credential that is known`);
    return 'unknown';
  }
  if (mayComeFrom(consumer, remote)) return consumer;
  deps.feeds.get(feed)?.access.refuse(consumer.name, { why: 'address', at });
  away.note(consumer.name, `consumer ${consumer.name} came from ${remote}, which is not in its networks (from)`);
  return 'elsewhere';
}

async function answerTo(asked: Headers, published: Published, revision: number): Promise<Response> {
  const zipped = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$|\s))/i.test(asked.get('accept-encoding') ?? '');
  // What is compressed is another representation (RFC 9110, 8.8.3.3).
  const etag = zipped ? published.etag.replace(/"$/, '-gzip"') : published.etag;
  const headers = {
    ETag: etag,
    'Cache-Control': 'private, no-cache',
    Vary: 'Accept-Encoding',
    'X-Postern-Revision': String(revision),
  };
  if (hasAlready(asked.get('if-none-match') ?? '', published.etag)) return new Response(null, { status: 304, headers });
  const body = zipped ? await published.gzipped() : published.body;
  return new Response(body, {
    status: 200,
    headers: {
      ...headers,
      'Content-Type': published.type,
      'Content-Length': String(body.length),
      'X-Content-Type-Options': 'nosniff',
      ...(zipped && { 'Content-Encoding': 'gzip' }),
    },
  });
}

/** Weak comparison (RFC 9110, 13.1.2), whichever coding it was fetched in. */
function hasAlready(ifNoneMatch: string, etag: string): boolean {
  const known = ifNoneMatch.split(',').map((tag) =>
    tag
      .trim()
      .replace(/^W\//, '')
      .replace(/-gzip"$/, '"'),
  );
  return known.includes(etag) || known.includes('*');
}

/** Untrusted text, for a log. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
