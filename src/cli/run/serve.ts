import { isLoopback, parseListenAddress, type ListenAddress } from '../../http/address.ts';
import { listen } from '../../http/listen.ts';
import { serverlessApp } from '../../serverless/http.ts';
import { aborted } from '../aborted.ts';
import { redisDrain } from '../../compose/drainer.ts';
import { workerChoice, type WorkerChoice } from '../../compose/worker-choice.ts';
import type { Environment } from '../../compose/environment.ts';
import { exitCodes, UsageError, type ExitCode, type Io } from '../io.ts';
import { createLog, messageOf, type LogChoice } from '../../log/log.ts';

export interface ServeOptions extends WorkerChoice, LogChoice {
  readonly listen?: string;
  /** Milliseconds that one request may work. */
  readonly for: number;
}

/** Waits for requests, and with each does what there is in the queue: for platforms that start a process for a request. */
export async function serve(options: ServeOptions, io: Io): Promise<ExitCode> {
  const { environment, signal } = io;
  const address = addressOf(options.listen, environment);
  const log = createLog(io, 'serve', options);
  const drain = redisDrain({ ...workerChoice(options, environment), log });
  const app = serverlessApp({
    drain,
    budgetMs: () => options.for,
    token: environment.serveToken,
    signal,
    onError: (error) => log.error(messageOf(error)),
  });
  const server = await listen(app, address, { patienceMs: options.for + 10_000 });
  log.info({ url: server.url }, 'waiting for requests');
  if (environment.serveToken === undefined && !isLoopback(address))
    log.warn('no POSTERN_SERVE_TOKEN is set: whoever stands before this must ask callers who they are');
  await aborted(signal);
  await server.close();
  return exitCodes.ok;
}

/** A platform that sets PORT wants to be listened to from outside; otherwise only this machine is. */
function addressOf(option: string | undefined, { port }: Environment): ListenAddress {
  const text = option ?? (port === undefined ? '127.0.0.1:8080' : `0.0.0.0:${port}`);
  const address = parseListenAddress(text);
  if (address === undefined) throw new UsageError(`--listen wants PORT or HOST:PORT, not "${text}"`);
  return address;
}
