import type { Hono } from 'hono';
import { loadAdapter } from '../../adapters/index.ts';
import { FileAuditLines } from '../audit/files/file-audit-lines.ts';
import { readAssets } from '../console/page/assets.ts';
import { openAccess, reviewedAccess } from '../console/serve/access.ts';
import { consoleApp } from '../console/serve/app.ts';
import { Documents } from '../console/serve/documents.ts';
import { World } from '../console/serve/world.ts';
import { UsageError } from '../core/model/usage-error.ts';
import { isLoopback, parseListenAddress } from '../http/listen-address.ts';
import { lazyCluster, type ClusterOptions } from '../kube/client/connect.ts';
import { auditDirectory } from './audit.ts';
import { systemClock } from './clock.ts';
import type { Environment } from './environment.ts';
import { version } from './version.ts';

export interface ConsoleChoice {
  readonly listen: string | undefined;
  readonly auditDir?: string | undefined;
  readonly cluster: string;
  /** Undefined: manifests stand for the cluster, so no API server can authenticate users. */
  readonly kubernetes: ClusterOptions | undefined;
}

/** What there is to serve, and what has to be shown what it tells. */
export interface OpenConsole {
  readonly app: Hono;
  readonly world: World;
}

/** @throws UsageError when it could not be served, or would be served without authentication */
export async function openConsole(choice: ConsoleChoice, environment: Environment): Promise<OpenConsole> {
  if (choice.listen === undefined) throw new UsageError('--console is served where --listen says: give --listen 8080');
  const loopback = isLoopback(parseListenAddress(choice.listen));
  const { kubernetes, cluster } = choice;
  if (kubernetes === undefined && !loopback)
    throw new UsageError(
      '--console with --manifests has no access control, so it is served on this machine only: give --listen 8080',
    );
  const open = loopback && environment.inCluster !== true;
  const world = new World();
  const namespaces = (): readonly string[] => world.now?.snapshot().namespaces.map(({ name }) => name) ?? [];
  const access =
    open || kubernetes === undefined
      ? openAccess
      : reviewedAccess({ api: lazyCluster(kubernetes), clock: systemClock, namespaces });
  const record = async () => {
    const directory = await auditDirectory(choice, environment);
    return directory === undefined ? undefined : new FileAuditLines(directory);
  };
  const elapsed = (): number => performance.now();
  const documents = new Documents({
    world,
    adapters: loadAdapter,
    cluster,
    version,
    record,
    clock: systemClock,
    elapsed,
  });
  const app = consoleApp({ assets: await readAssets(), documents, access, loopback: open, elapsed });
  return { app, world };
}
