import { createHash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { readEvent } from './cloud-event.ts';
import type { Drain } from './drain.ts';

export interface ServerlessDeps {
  readonly drain: Drain;
  /** Milliseconds that one request may work. */
  readonly budgetMs: () => number;
  /** Callers have to show it; absent: whatever is in front of this authenticates them. */
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
  /** What went wrong, for the log; the caller is told no more than that something did. */
  readonly onError: (error: unknown) => void;
}

const largestBody = 1024 * 1024;
const retryAfterErrorSeconds = 5;

/**
 * `POST` to any path, with a CloudEvent or with anything, does what there is to do and says what that was:
 *
 *   200  nothing is left
 *   503  something is left, with Retry-After: time ran out, or a device has to be tried again later
 *   400  a CloudEvent that is none   401  without the token   413  more than 1 MB
 */
export function serverlessApp({ drain, budgetMs, token, signal, onError }: ServerlessDeps): Hono {
  const app = new Hono();
  app.get('/healthz', (context) => context.json({ alive: true }));
  app.post('*', async (context, next) => {
    if (token === undefined || showsToken(context.req.header('authorization'), token)) return next();
    return context.json({ error: 'send the token: Authorization: Bearer ...' }, 401, { 'WWW-Authenticate': 'Bearer' });
  });
  app.post(
    '*',
    bodyLimit({ maxSize: largestBody, onError: (context) => context.json({ error: 'more than 1 MB' }, 413) }),
    async (context) => {
      const read = readEvent((name) => context.req.header(name), await context.req.text());
      if (read.kind === 'malformed') return context.json({ error: `not a CloudEvent: ${read.why}` }, 400);
      const events = read.kind === 'events' ? { events: read.events.map(({ id }) => id) } : {};
      const { drained, points, left, retryAfterMs } = await drain({ withinMs: budgetMs(), signal });
      const answer = { ...events, drained, points, left };
      if (drained) return context.json(answer);
      return context.json(answer, 503, { 'Retry-After': String(Math.ceil(retryAfterMs / 1_000)) });
    },
  );
  app.notFound((context) => context.json({ error: 'there is POST, and GET /healthz' }, 404));
  app.onError((error, context) => {
    onError(error);
    return context.json({ error: 'this did not work; the log says more' }, 503, {
      'Retry-After': String(retryAfterErrorSeconds),
    });
  });
  return app;
}

/** Does the header show this token? Takes the same time whatever is shown. */
function showsToken(authorization: string | undefined, token: string): boolean {
  const [, shown = ''] = /^Bearer ([^\s]+)$/i.exec(authorization ?? '') ?? [];
  return timingSafeEqual(digest(shown), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
