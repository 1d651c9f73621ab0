import { expect, it } from 'vitest';
import { viewLog } from './view-log.ts';

it('says how the cluster is seen once for each change', () => {
  const lines: unknown[] = [];
  const take =
    (level: string) =>
    (fields: unknown): void =>
      void lines.push([level, fields]);
  const told = viewLog({ info: take('info'), warn: take('warn') });
  const resource = (healthy: boolean, message: string): void =>
    told({ healthy, message, egressUnseen: '', resources: [] });
  for (let kind = 0; kind < 24; kind += 1) resource(true, '');
  resource(false, 'pods: no answer');
  resource(false, 'pods: no answer');
  resource(true, '');
  expect(lines).toEqual([
    ['info', { healthy: true, watches: '' }],
    ['warn', { healthy: false, watches: 'pods: no answer' }],
    ['info', { healthy: true, watches: '' }],
  ]);
});
