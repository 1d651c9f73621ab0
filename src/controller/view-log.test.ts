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
    told({ healthy, message, caughtUp: true, egressUnseen: '', resources: [] });
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

it('tells once of first lists, which is no warning, and warns of one that is refused', () => {
  const lines: unknown[] = [];
  const told = viewLog({
    info: ({ watches }: { watches?: string }) => void lines.push(`info ${watches}`),
    warn: ({ watches }: { watches?: string }) => void lines.push(`warn ${watches}`),
  });
  const counts = { synced: false, unreadable: 0, objects: 0, lastEvent: undefined };
  const seen = (...states: readonly ('syncing' | 'healthy' | 'denied')[]): void =>
    told({
      healthy: states.every((state) => state === 'healthy'),
      message: states.join(),
      caughtUp: true,
      egressUnseen: '',
      resources: states.map((state) => ({ plural: 'pods', state, since: 0, message: '', ...counts })),
    });
  seen('syncing', 'syncing');
  seen('healthy', 'syncing');
  seen('denied', 'syncing');
  seen('healthy', 'healthy');
  expect(lines).toEqual(['info syncing,syncing', 'warn denied,syncing', 'info healthy,healthy']);
});
