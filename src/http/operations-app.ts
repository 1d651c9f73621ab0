import { Hono } from 'hono';
import { judge, type Check } from './readiness.ts';

export interface OperationsSource {
  /** In the text format of Prometheus, and what to call that. */
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  readonly checks: () => Promise<readonly Check[]>;
}

/**
 * What a cluster asks a process: `/metrics`; `/healthz`, which answers as long as anything does; `/readyz`, 503 until
 * every part is ready. Read only, without configuration and without secrets.
 */
export function operationsApp({ metrics, checks }: OperationsSource): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    context.header('Cache-Control', 'no-store');
    context.header('X-Content-Type-Options', 'nosniff');
  });
  app.get('/healthz', (context) => context.json({ alive: true }));
  app.get('/readyz', async (context) => {
    const verdict = judge(await checks());
    return context.json(verdict, verdict.ready ? 200 : 503);
  });
  app.get('/metrics', async (context) => {
    const { text, contentType } = await metrics();
    return context.body(text, 200, { 'Content-Type': contentType });
  });
  app.notFound((context) => context.json({ error: 'there is /metrics, /healthz and /readyz' }, 404));
  app.onError((_, context) => context.json({ error: 'this could not be answered' }, 500));
  return app;
}
