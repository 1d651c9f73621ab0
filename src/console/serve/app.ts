import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { UsageError } from '../../core/model/usage-error.ts';
import type { Assets } from '../page/assets.ts';
import { servedPage, servedPolicy } from '../page/page.ts';
import { Refused, type Access } from './access.ts';
import type { Documents } from './documents.ts';
import type { Sent } from './document-cache.ts';
import { Allowance } from './allowance.ts';

export interface ConsoleDeps {
  readonly assets: Assets;
  readonly documents: Documents;
  readonly access: Access;
  /** Only a loopback address is listened on: another site may point its own name there. */
  readonly loopback: boolean;
  /** Milliseconds. */
  readonly elapsed: () => number;
}

const longestQuestion = 600;
const busy = 'too many requests: try again in a second';
/** By address: of a proxy, where one stands between. */
const requestPace = { each: { burst: 200, perSecond: 40 }, all: { burst: 2_000, perSecond: 400 } };
/** By who asks. */
const questionPace = { each: { burst: 20, perSecond: 4 }, all: { burst: 60, perSecond: 12 } };

/** `/console/` and `/api/v1`. Reads only. */
export function consoleApp({ assets, documents, access, loopback, elapsed }: ConsoleDeps): Hono {
  const app = new Hono();
  const questions = new Allowance(questionPace, elapsed);
  const requests = new Allowance(requestPace, elapsed);
  app.use('/console/*', guard(loopback, requests));
  app.use('/api/*', guard(loopback, requests));
  app.get('/', (context) => context.redirect('/console/'));
  app.get('/console', (context) => context.redirect('/console/'));
  app.get('/console/', (context) => context.html(servedPage()));
  app.get('/console/console.js', (context) =>
    context.body(assets.script, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  );
  app.get('/console/console.css', (context) =>
    context.body(assets.style, 200, { 'Content-Type': 'text/css; charset=utf-8' }),
  );
  const rights = (context: Context) => access(context.req.header('Authorization'), sourceOf(context));
  app.get('/api/v1/overview', async (context) => send(context, await documents.overview(await rights(context))));
  app.get('/api/v1/matrix', async (context) => send(context, await documents.matrix(await rights(context))));
  app.get('/api/v1/timeline', async (context) => send(context, await documents.timeline(await rights(context))));
  app.get('/api/v1/why', async (context) => {
    const viewer = await rights(context);
    const { from = '', to = '' } = context.req.query();
    if (from.length + to.length > longestQuestion) throw new UsageError('this question is too long');
    if (!questions.take(viewer.name ?? '')) throw new Refused(429, busy);
    return context.json(await documents.why(viewer, from, to));
  });
  app.all('/api/*', (context) =>
    context.json(
      { error: 'there is /api/v1/overview, /matrix, /timeline and /why?from=NAMESPACE/WORKLOAD&to=HOST:PORT' },
      404,
    ),
  );
  app.onError((error, context) => refuse(error, context));
  return app;
}

function guard(loopback: boolean, requests: Allowance): MiddlewareHandler {
  return async (context, next) => {
    const { req } = context;
    if (req.method !== 'GET' && req.method !== 'HEAD') return context.json({ error: 'only GET is answered' }, 405);
    const host = req.header('Host') ?? '';
    const origin = req.header('Origin');
    if (loopback && !isLoopbackName(host))
      return context.json({ error: 'this address is reached as localhost or 127.0.0.1' }, 403);
    if (origin !== undefined && hostIn(origin) !== host)
      return context.json({ error: 'other pages may not read this' }, 403);
    const site = req.header('Sec-Fetch-Site');
    if (req.path.startsWith('/api/') && site !== undefined && site !== 'same-origin' && site !== 'none')
      return context.json({ error: 'other pages may not read this' }, 403);
    if (!requests.take(sourceOf(context))) throw new Refused(429, busy);
    await next();
    context.header('Content-Security-Policy', servedPolicy);
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    context.header('Referrer-Policy', 'no-referrer');
    context.header('X-Frame-Options', 'DENY');
    return undefined;
  };
}

/** User headers of a proxy are ignored: any client can send them. */
function sourceOf(context: Context): string {
  const bindings = context.env as Partial<HttpBindings> | undefined;
  return bindings?.incoming?.socket.remoteAddress ?? '';
}

function isLoopbackName(host: string): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/.test(host);
}

function hostIn(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return '';
  }
}

function send(context: Context, { text, zipped, etag }: Sent): Response {
  context.header('ETag', etag);
  context.header('Vary', 'Authorization, Accept-Encoding');
  if (context.req.header('If-None-Match') === etag) return context.body(null, 304);
  const accepted = (context.req.header('Accept-Encoding') ?? '').split(',').map((one) => one.trim().split(';')[0]);
  context.header('Content-Type', 'application/json; charset=utf-8');
  if (!accepted.includes('gzip')) return context.body(text);
  context.header('Content-Encoding', 'gzip');
  return context.body(new Uint8Array(zipped));
}

/** Other errors are not shown to viewers. */
function refuse(error: unknown, context: Context): Response {
  if (error instanceof UsageError) return context.json({ error: error.message }, 400);
  if (!(error instanceof Refused)) return context.json({ error: 'this could not be answered; the log says why' }, 500);
  if (error.status === 401) context.header('WWW-Authenticate', 'Bearer');
  return context.json({ error: error.message }, error.status);
}
