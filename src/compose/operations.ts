import type { Operations } from '../http/operations.ts';
import { parseListenAddress } from '../http/listen-address.ts';
import { version } from './version.ts';
import type { Hono } from 'hono';

/**
 * Runs a task that tells about itself over HTTP while it runs, if that was asked for. What that needs is loaded only then.
 *
 * @param address `8080`, `127.0.0.1:8080`, `[::]:8080`; undefined: not asked for
 * @param listening told where, `http://127.0.0.1:8080`
 * @param pages served beside it
 * @throws UsageError when the address cannot be listened on
 */
export async function withOperations<T>(
  address: string | undefined,
  listening: (url: string) => void,
  task: (operations: Operations | undefined) => Promise<T>,
  pages?: Hono,
): Promise<T> {
  if (address === undefined) return task(undefined);
  const [http, operations, { Metrics }] = await Promise.all([
    import('../http/listen.ts'),
    import('../http/operations.ts'),
    import('../metrics/metrics.ts'),
  ]);
  const at = parseListenAddress(address);
  const metrics = new Metrics({ version, now: () => Date.now(), elapsed: () => performance.now() }).collectProcess();
  const told = new operations.Operations(metrics);
  const app = told.app(pages);
  const server = await http.listen(app, at);
  listening(server.url);
  try {
    return await task(told);
  } finally {
    await server.close();
  }
}
