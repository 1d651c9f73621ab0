import { describe, expect, it } from 'vitest';
import { aPolicy } from '../../../test/kit/builders.ts';
import { digestOf, contentToReview } from '../../core/approval/reviewed-policy.ts';
import { reviewedDigest } from './approve.ts';

describe('what is approved', () => {
  const policy = aPolicy({}, { generation: 4, labels: { tier: 'a' } });
  const relabelled = aPolicy({}, { generation: 4, labels: { tier: 'b' } });
  const digest = digestOf(contentToReview(policy));

  it('is the generation that was looked at, and by its digest its labels and author', () => {
    expect(reviewedDigest(policy, { generation: 4 })).toBe(digest);
    expect(reviewedDigest(policy, { generation: 4, digest: digest.slice(0, 12) })).toBe(digest);
    expect(() => reviewedDigest(policy, { generation: 3 })).toThrow(/is at generation 4, not 3: review it/);
    expect(() => reviewedDigest(relabelled, { generation: 4, digest: digest.slice(0, 12) })).toThrow(
      /has other labels or another author than the digest covers/,
    );
  });

  it('is not named by a few digits, which anybody finds again', () => {
    for (const short of [digest.slice(0, 7), 'x'.repeat(12)])
      expect(() => reviewedDigest(policy, { generation: 4, digest: short })).toThrow(/8 to 64 hexadecimal digits/);
  });
});
