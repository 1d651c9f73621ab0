import { drainOnRedis, type WorkerChoice } from '../../compose/worker.ts';
import { isLoopback, parseListenAddress } from '../../http/listen-address.ts';
import { listen } from '../../http/listen.ts';
import { withConsoleIn } from '../../log/console.ts';
import { createLog } from '../../log/log.ts';
import { messageOf } from '../../log/scrub.ts';
import type { LogChoice } from '../../log/options.ts';
import { serverlessApp } from '../../serverless/http.ts';
import { aborted, exitCodes, type ExitCode, type Io } from '../io.ts';

export interface ServeOptions extends WorkerChoice, LogChoice {
  readonly listen?: string;
  /** Milliseconds that one request may work. */
  readonly for: number;
}

/** Works off the queue with each request: for platforms that start a process for a request. */
export async function serve(options: ServeOptions, io: Io): Promise<ExitCode> {
  const { environment, signal } = io;
  const { port, serveToken: token } = environment;
  // A platform that sets PORT wants to be listened to from outside; otherwise only this machine is.
  const address = parseListenAddress(options.listen ?? (port === undefined ? '127.0.0.1:8080' : `0.0.0.0:${port}`));
  const log = createLog(io.out.write, 'serve', options);
  const drain = drainOnRedis({ choice: options, environment, log });
  const onError = (error: unknown): void => log.error(messageOf(error));
  const app = serverlessApp({ drain, budgetMs: () => options.for, token, signal, onError });
  const server = await listen(app, address, { patienceMs: options.for + 10_000 });
  log.info({ url: server.url }, 'waiting for requests');
  if (token === undefined && !isLoopback(address))
    log.warn('POSTERN_SERVE_TOKEN is not set: a proxy in front of this port must authenticate callers');
  await withConsoleIn(log, () => aborted(signal));
  await server.close();
  return exitCodes.ok;
}
