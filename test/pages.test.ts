import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorPolicy } from '../src/adapter/errors.ts';
import { conditionsPage } from '../tools/conditions-page.ts';
import { reasons } from '../tools/condition-reasons.ts';
import { definitions, type Definition } from '../src/metrics/definitions.ts';
import { metricsPage } from '../tools/metrics-page.ts';

/** Where reasons of conditions are given out. Events have reasons too, of which these pages do not speak. */
const sources = ['src/core/status', 'src/worker', 'src/controller']
  .flatMap((folder) => readdirSync(folder, { encoding: 'utf8', recursive: true }).map((file) => join(folder, file)))
  .filter(
    (path) =>
      path.endsWith('.ts') && !path.endsWith('.test.ts') && !/(?:transitions|reasons|reminders)\.ts$/.test(path),
  );
/** `reason: 'X'`, `reason: a.b ? 'X' : 'Y'`, and tables from codes to reasons: `'a-code': 'X'`, `approved: 'X'` */
const places = [/\breason: (?:[\w.]+ \? '(\w+)' : )?'(\w+)'/g, /^  (?:approved|'[a-z-]+'): '([A-Z]\w+)',$/gm];
const given = new Set(
  sources
    .map((path) => readFileSync(path, 'utf8'))
    .flatMap((text) => places.flatMap((place) => [...text.matchAll(place)]))
    .flatMap((match) => match.slice(1).filter(Boolean)),
);
const ofDevices = new Set(Object.values(errorPolicy).map(({ reason }) => reason));

describe('docs/conditions.md', () => {
  it('explains every reason that is given, and no other', () => {
    const explained = Object.values(reasons).flatMap((rows) => Object.keys(rows));
    expect([...given].filter((reason) => !ofDevices.has(reason)).sort()).toEqual([...new Set(explained)].sort());
  });

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
