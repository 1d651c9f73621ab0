import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { UsageError } from '../../core/model/usage-error.ts';
import { ApiError } from '../api-error.ts';
import { oldestMinor, requireServerVersion } from './server-version.ts';
import type { ApiClient } from './transport.ts';

const check = (answer: unknown): Promise<void> => {
  const request = (): Promise<unknown> => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer));
  return requireServerVersion({ request } as unknown as ApiClient, new AbortController().signal);
};
const version = (minor: string): object => ({ major: '1', minor, gitVersion: `v1.${minor}.2` });

it.each([['31'], ['31+'], ['37'], ['100']])('takes Kubernetes 1.%s', async (minor) => {
  await expect(check(version(minor))).resolves.toBeUndefined();
});

it('refuses an older one, and says what is needed', async () => {
  const message = 'The API server is Kubernetes v1.30.2; Postern needs 1.31 or newer. Upgrade the cluster.';
  await expect(check(version('30'))).rejects.toEqual(new UsageError(message));
});

it.each([
  ['what is no version', { hello: 'world' }],
  ['a number that is none', version('new')],
  ['a proxy that does not let it be read', new ApiError(403, 'Forbidden', 'no')],
])('makes nothing of %s', async (_, answer) => {
  await expect(check(answer)).resolves.toBeUndefined();
});

it('leaves it to others to try again while there is no answer', async () => {
  const failure = new ApiError(0, 'Unreachable', 'connect ECONNREFUSED');
  await expect(check(failure)).rejects.toBe(failure);
});

it('is the version that the chart and the page on installation ask for', () => {
  expect(readFileSync('deploy/helm/postern/Chart.yaml', 'utf8')).toContain(`>=1.${oldestMinor}.0-0`);
  expect(readFileSync('docs/install.md', 'utf8')).toContain(`Kubernetes 1.${oldestMinor} or newer`);
});
