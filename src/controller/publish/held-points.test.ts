import { expect, it } from 'vitest';
import { HeldPoints } from './held-points.ts';

const nobody: ReadonlySet<string> = new Set();

it('tells a held point of pods that end, once, and what it heard by other ways not again', () => {
  const points = new HeldPoints();
  points.mayBe('edge', 3);
  points.ended(['10.0.0.1'], nobody);
  expect(points.due(0)).toEqual([]);
  points.outcome({ point: 'edge', version: 3, state: 'held' });
  points.ended(['10.0.0.2'], new Set(['edge']));
  points.ended(['10.0.0.3', '10.0.0.1'], nobody);
  expect(points.due(0)).toEqual([['edge', ['10.0.0.1', '10.0.0.3']]]);
  expect(points.due(0)).toEqual([]);
});

it('tells at once after a quiet time, and where pods end all the time not more often than every ten seconds', () => {
  const points = new HeldPoints();
  points.outcome({ point: 'edge', version: 3, state: 'held' });
  const told = (now: number, address: string): readonly string[] => {
    points.ended([address], nobody);
    return points.due(now).flatMap(([, ended]) => ended);
  };
  expect(told(50_000, '10.0.0.1')).toEqual(['10.0.0.1']);
  expect(told(51_000, '10.0.0.2')).toEqual([]);
  expect(told(59_999, '10.0.0.3')).toEqual([]);
  expect(told(60_000, '10.0.0.4')).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4']);
  expect(points.due(90_000)).toEqual([]);
});

it('forgets a point that is no more', () => {
  const points = new HeldPoints();
  points.outcome({ point: 'edge', version: 3, state: 'held' });
  points.ended(['10.0.0.1'], nobody);
  points.forget('edge');
  points.outcome({ point: 'edge', version: 1, state: 'held' });
  expect(points.due(0)).toEqual([]);
});

it.each([
  ['was never held', [], false],
  ['has an older version in force', [{ version: 2, state: 'programmed' }], true],
  ['is as published', [{ version: 3, state: 'programmed' }], false],
  ['is only observed', [{ version: 3, state: 'planned' }], false],
  ['is read back, and not in force yet', [{ version: 3, state: 'activating' }], false],
  ['was refused a part', [{ version: 3, state: 'partial' }], true],
  ['was held before the controller began', [{ version: 1, state: 'held' }], true],
  [
    'could not be reached since',
    [
      { version: 3, state: 'held' },
      { version: 4, state: 'failed' },
    ],
    true,
  ],
  [
    'is no longer held',
    [
      { version: 3, state: 'held' },
      { version: 4, state: 'sent' },
    ],
    false,
  ],
] as const)('keeps it for a point that %s: %j, %s', (_, outcomes, kept) => {
  const points = new HeldPoints();
  if (outcomes.some(({ version }) => version > 1)) points.mayBe('edge', 3);
  for (const outcome of outcomes) points.outcome({ point: 'edge', ...outcome });
  points.ended(['10.0.0.1'], nobody);
  points.outcome({ point: 'edge', version: 3, state: 'held' });
  expect(points.due(0)).toEqual(kept ? [['edge', ['10.0.0.1']]] : []);
});

it('keeps so many of one that nobody reaches, the last ones', () => {
  const points = new HeldPoints();
  points.mayBe('edge', 3);
  const address = (at: number): string => `2001:db8::${at.toString(16)}`;
  for (let at = 0; at < 100_010; at += 10)
    points.ended(
      Array.from({ length: 10 }, (_, more) => address(at + more)),
      nobody,
    );
  points.outcome({ point: 'edge', version: 3, state: 'held' });
  const [[, told] = ['', []]] = points.due(0);
  expect([told.length, told[0], told.at(-1)]).toEqual([100_000, address(10), address(100_009)]);
});
