import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { KubeApiserver } from '../integration/kube-apiserver.ts';
import { until } from '../kit/redis-server.ts';
import type { World } from './world.ts';

const scripts = fileURLToPath(new URL('../../../shared/kubernetes/', import.meta.url));
const run = promisify(execFile);

/** Can the API server be stopped and started again with what it holds? Only by the scripts beside this repository. */
export function canRestart(): boolean {
  return existsSync(scripts);
}

export async function stopApiserver({ kubeconfig }: KubeApiserver): Promise<void> {
  await run(join(scripts, 'down'), [dirname(kubeconfig)]);
}

/** Resolves when it serves our kinds again: it says that it is ready before that. */
export async function startApiserver({ kubeconfig }: KubeApiserver, world: World): Promise<void> {
  await run(join(scripts, 'up'), [dirname(kubeconfig)]);
  const serves = (): Promise<boolean> =>
    world.snapshot().then(
      () => true,
      () => false,
    );
  await until('our kinds are served again', serves, 20_000);
}
