import { describe, expect, it } from 'vitest';
import { conditionsOf, readyOf, type Judgement } from './conditions.ts';

const judgement = (fields: Partial<Pick<Judgement, 'status' | 'message'>> = {}): Judgement => ({
  type: 'Programmed',
  status: 'True',
  reason: 'Programmed',
  message: 'In force.',
  ...fields,
});
const isAccepted: Judgement = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The object is valid.' };
const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];

describe('conditions', () => {
  it('are sorted by type and say when and of which generation', () => {
    const conditions = conditionsOf([judgement(), isAccepted], [], 3, early);
    expect(conditions).toEqual([
      { ...isAccepted, observedGeneration: 3, lastTransitionTime: early },
      { ...judgement(), observedGeneration: 3, lastTransitionTime: early },
    ]);
  });

  it('keep the time of their last turn while the status stays, whatever else changes', () => {
    const before = conditionsOf([judgement()], [], 1, early);
    const same = conditionsOf([judgement({ message: 'Still in force.' })], before, 2, late);
    const turned = conditionsOf([judgement({ status: 'False' })], same, 2, late);
    expect([...same, ...turned].map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([early, late]);
  });

  it('are cut to a length that people read', () => {
    const [condition] = conditionsOf([judgement({ message: 'x'.repeat(5_000) })], [], 1, early);
    expect([condition?.message.length, condition?.message.slice(-4)]).toEqual([1_024, 'x...']);
  });

  it('come down to one word: False before Unknown before True', () => {
    const word = (...statuses: Judgement['status'][]) => readyOf(statuses.map((status) => judgement({ status })));
    expect([word('True', 'True'), word('True', 'Unknown'), word('Unknown', 'False', 'True')]).toEqual([
      'True',
      'Unknown',
      'False',
    ]);
  });
});
