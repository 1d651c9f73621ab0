import { servers } from '../../../adapters/index.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { parseListenAddress } from '../../http/listen-address.ts';
import { createLog } from '../../log/log.ts';
import type { LogChoice } from '../../log/options.ts';
import { aborted, exitCodes, type ExitCode, type Io } from '../io.ts';
import { serverName } from './feed-beside.ts';

export interface FeedOptions extends LogChoice {
  readonly feeds: string;
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  readonly consumers?: string;
  readonly signingKey?: string;
  readonly export?: string;
}

/** Serves what points of adapter `feed` publish, until it is told to stop; or writes it as files, and ends. */
export async function feed(options: FeedOptions, io: Io): Promise<ExitCode> {
  const log = createLog(io.out.write, 'feed', options);
  const { serveFeeds, exportFeeds, readKey } = await servers.feed();
  const { tlsCert, tlsKey, consumers, export: to } = options;
  const key = options.signingKey === undefined ? undefined : await readKey(options.signingKey);
  if (to !== undefined) {
    const troubles = await exportFeeds({ feeds: options.feeds, to, key });
    for (const [name, trouble] of troubles) log.error(`feed ${name}: ${trouble}`);
    return troubles.size > 0 ? exitCodes.error : exitCodes.ok;
  }
  if (tlsCert === undefined || tlsKey === undefined || consumers === undefined)
    throw new UsageError('to serve feeds give --tls-cert, --tls-key and --consumers; to write them as files, --export');
  const server = await serveFeeds({
    ...{ ...options, tlsCert, tlsKey, consumers, key },
    ...parseListenAddress(options.listen),
    server: serverName(),
    clock: io.clock,
    onTrouble: (message) => log.warn(message),
  });
  log.info({ url: server.url }, 'serving feeds');
  await aborted(io.signal);
  await server.close();
  return exitCodes.ok;
}
