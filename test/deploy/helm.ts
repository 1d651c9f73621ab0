import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe } from 'vitest';
import { deployFolder, manifestsIn, type Manifest } from './kustomize.ts';

/*
 * The chart by the real Helm. A Helm that was built from its module says that it renders for an old Kubernetes: so it is
 * told for which.
 */

export const chartFolder = join(deployFolder, 'helm/postern');
const kubeVersion = '1.37.2';

/** Tools that judge and that a person may do without: a suite that needs one is skipped loudly, also in CI. */
export function describeJudged(program: string, name: string, suite: () => void): void {
  if (spawnSync('which', [program]).status === 0) return void describe(name, suite);
  console.warn(`SKIPPED: ${program} not found on PATH, which "${name}" needs; .ci/run installs it`);
  describe.skip(name, suite);
}

export type Values = Readonly<Record<string, unknown>>;

/** @param set by path, `{ 'redis.enabled': true }` */
export function setting(set: Values): readonly string[] {
  return Object.entries(set).flatMap(([path, value]) => ['--set-json', `${path}=${JSON.stringify(value)}`]);
}

/** @throws Error with what Helm says, where it refuses */
export function templated(set: Values, namespace = 'postern-system', chart = chartFolder): readonly Manifest[] {
  const args = ['template', 'postern', chart, '-n', namespace, '--kube-version', kubeVersion, ...setting(set)];
  const { status, stdout, stderr } = spawnSync('helm', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(stderr);
  return manifestsIn(stdout);
}

/** Against a cluster; what it says. @throws Error where it fails */
export function helm(kubeconfig: string, args: readonly string[]): string {
  return execFileSync('helm', ['--kubeconfig', kubeconfig, '-n', 'postern-system', ...args], { encoding: 'utf8' });
}
