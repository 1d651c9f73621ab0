import { expect, it } from 'vitest';
import { ApiError } from '../../kube/api-error.ts';
import type { ApiRequest } from '../../kube/client/transport.ts';
import { annotate } from './refresh.ts';

const { signal } = new AbortController();
const clock = { now: () => Date.parse('2026-01-01T00:00:00Z'), elapsed: () => 0, sleep: () => Promise.resolve() };

it('annotates the point, and changes nothing else of it', async () => {
  const asked: ApiRequest[] = [];
  const request = (one: ApiRequest): Promise<unknown> => Promise.resolve(asked.push(one));
  await annotate({ request }, 'edge', { clock, signal });
  expect(asked).toEqual([
    {
      method: 'PATCH',
      path: '/apis/postern.dev/v1alpha1/enforcementpoints/edge',
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: { 'postern.dev/refresh': '2026-01-01T00:00:00.000Z' } } },
      signal,
    },
  ]);
});

it('says of a point that is not there that it could not', async () => {
  const missing = new ApiError(404, 'NotFound', 'enforcementpoints "core" not found');
  const request = (): Promise<unknown> => Promise.reject(missing);
  await expect(annotate({ request }, 'core', { clock, signal })).rejects.toThrow(
    'EnforcementPoint/core could not be annotated: enforcementpoints "core" not found',
  );
});
