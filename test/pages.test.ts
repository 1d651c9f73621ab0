import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { conditionsPage } from '../tools/conditions-page.ts';
import { definitions, type Definition } from '../src/metrics/definitions.ts';
import { metricsPage } from '../tools/metrics-page.ts';

describe('docs/conditions.md', () => {
  it('is what the sources say', () => {
    expect(conditionsPage()).toBe(readFileSync('docs/conditions.md', 'utf8'));
  });
});

describe('docs/metrics.md', () => {
  it('is what the sources say', () => {
    expect(metricsPage()).toBe(readFileSync('docs/metrics.md', 'utf8'));
  });

  it.each(Object.entries<Definition>(definitions))(
    '%s is named as is usual',
    (name, { type, labels, help, buckets }) => {
      expect(name).toMatch(/^postern_[a-z]+(?:_[a-z]+)*$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (type === 'histogram') expect([name.endsWith('_seconds'), buckets?.length]).toEqual([true, 15]);
      expect(help.endsWith('.') || help.endsWith('version')).toBe(true);
      expect(labels.filter((label) => !/^[a-z]+$/.test(label) || /pod|address|policy|namespace/.test(label))).toEqual(
        [],
      );
    },
  );
});
