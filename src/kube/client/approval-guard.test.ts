import { describe, expect, it } from 'vitest';
import { ApiError } from '../api-error.ts';
import { approvalsAreGuarded } from './approval-guard.ts';

describe('whether the API server refuses a forged approval', () => {
  const asked = (answer: ApiError | undefined): Promise<boolean> => {
    const request = (): Promise<unknown> => (answer ? Promise.reject(answer) : Promise.resolve({}));
    return approvalsAreGuarded({ request }, 'postern-system', new AbortController().signal);
  };
  const refusal = (status: number, message: string): ApiError => new ApiError(status, 'Invalid', message);

  it.each([
    ['it takes one', undefined, false],
    ['there is no such kind', refusal(404, 'not found'), false],
    [
      'our policy refuses it',
      refusal(422, "ValidatingAdmissionPolicy 'postern-approvers' with binding 'postern-approvers' denied request"),
      true,
    ],
    ['a policy of others refuses it', refusal(403, "ValidatingAdmissionPolicy 'labels' denied request"), false],
    ['a webhook of others refuses it', refusal(400, 'admission webhook "labels.example" denied the request'), false],
  ])('%s', async (_, answer, expected) => {
    expect(await asked(answer)).toBe(expected);
  });

  it.each([
    ['nobody may ask', refusal(403, 'egressapprovals.postern.dev is forbidden')],
    ['a webhook does not answer', refusal(500, 'failed calling admission webhook "labels.example"')],
    ['nobody answers', refusal(0, 'connection refused')],
  ])('is not known where %s', async (_, answer) => {
    await expect(asked(answer)).rejects.toBe(answer);
  });
});
