import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { deployFolder, manifestsIn, type Manifest } from './kustomize.ts';

/*
 * The chart by the real Helm, of both majors that are kept. A Helm that was built from its module says that it renders for
 * an old Kubernetes: so it is told for which.
 */

/** Helm 3 and Helm 4, which applies on the server and so minds who else has set a field. */
export const helms = ['helm', 'helm4'] as const;
export type Helm = (typeof helms)[number];

export const chartFolder = join(deployFolder, 'helm/postern');
const kubeVersion = '1.37.2';

export type Values = Readonly<Record<string, unknown>>;

/** @param set by path, `{ 'redis.enabled': true }` */
export function setting(set: Values): readonly string[] {
  return Object.entries(set).flatMap(([path, value]) => ['--set-json', `${path}=${JSON.stringify(value)}`]);
}

interface Place {
  readonly namespace?: string;
  readonly chart?: string;
}

/** @throws Error with what Helm says, where it refuses */
export function templatedText(helm: Helm, set: Values, place: Place = {}): string {
  const { namespace = 'postern-system', chart = chartFolder } = place;
  const args = ['template', 'postern', chart, '-n', namespace, '--kube-version', kubeVersion, ...setting(set)];
  const { status, stdout, stderr } = spawnSync(helm, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** @throws Error with what Helm says, where it refuses */
export function templated(helm: Helm, set: Values, place?: Place): readonly Manifest[] {
  return manifestsIn(templatedText(helm, set, place));
}

/** Against a cluster; what it says. @throws Error where it fails */
export function runHelm(helm: Helm, kubeconfig: string, args: readonly string[]): string {
  return execFileSync(helm, ['--kubeconfig', kubeconfig, '-n', 'postern-system', ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}
