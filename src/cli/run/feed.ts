import { hostname } from 'node:os';
import { servers } from '../../../adapters/index.ts';
import { parseListenAddress } from '../../http/listen.ts';
import { createLog } from '../../log/log.ts';
import type { LogChoice } from '../../log/options.ts';
import { aborted, exitCodes, type ExitCode, type Io } from '../io.ts';

export interface FeedOptions extends LogChoice {
  readonly feeds: string;
  readonly listen: string;
  readonly tlsCert: string;
  readonly tlsKey: string;
  readonly clientCa?: string;
  readonly consumers: string;
  readonly signingKey?: string;
}

/** Serves what points of adapter `feed` publish, until it is told to stop. */
export async function feed({ listen, ...options }: FeedOptions, io: Io): Promise<ExitCode> {
  const log = createLog(io.out.write, 'feed', options);
  const serve = await servers.feed();
  const server = await serve({
    ...options,
    ...parseListenAddress(listen),
    server: hostname()
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-'),
    now: () => io.clock.now(),
    onTrouble: (message) => log.warn(message),
  });
  log.info({ url: server.url }, 'serving feeds');
  await aborted(io.signal);
  await server.close();
  return exitCodes.ok;
}
