import type { ServedCluster } from './processes/api-server-process.ts';
import type { FollowOptions } from './processes/follow-process.ts';
import { Process } from './processes/process.ts';

export interface Served {
  readonly port: number;
  readonly process: Process;
}

/** An API server with such a cluster. */
export async function serve(cluster: ServedCluster): Promise<Served> {
  const process = await Process.start('api-server', cluster);
  const { port } = await process.hear<Pick<Served, 'port'>>();
  return { process, port };
}

export function follow({ port }: Served, scope: FollowOptions['scope']): Promise<Process> {
  return Process.start('follow', { port, scope } satisfies FollowOptions);
}
