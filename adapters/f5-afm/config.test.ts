import { describe, expect, it } from 'vitest';
import { f5AfmConfigSchema } from './config.ts';

const config = { url: 'https://bigip.example.com', policy: '/Common/corporate' };

describe('config.anchor', () => {
  it.each(['first', 'last', { after: 'offices' }, { before: 'first-floor' }])('takes %j', (anchor) => {
    expect(f5AfmConfigSchema.safeParse({ ...config, anchor }).success).toBe(true);
  });

  it.each([{ after: 'first' }, { before: 'last' }])('refuses %j, which the device reads as a place', (anchor) => {
    expect(JSON.stringify(f5AfmConfigSchema.safeParse({ ...config, anchor }).error)).toContain(
      'for a place, not for a rule',
    );
  });
});
