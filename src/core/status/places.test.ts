import { describe, expect, it } from 'vitest';
import { placesOf, withdrawn } from './point-status.ts';

const [one, two, three] = [
  'fortigate fw VDOM root, cluster east',
  'fortigate fw VDOM dmz, cluster east',
  'f5-afm lb, cluster west',
];

describe('the places of a point', () => {
  it.each<[string, Parameters<typeof placesOf>, ReturnType<typeof placesOf>]>([
    ['begins somewhere', [undefined, one, undefined], { writesTo: one }],
    ['has not written yet', [undefined, undefined, undefined], {}],
    ['stays', [{ writesTo: one }, one, undefined], { writesTo: one }],
    ['cannot write to the new place yet', [{ writesTo: one }, undefined, undefined], { writesTo: one }],
    ['moves on', [{ writesTo: one }, two, undefined], { writesTo: two, leftBehind: [one] }],
    [
      'moves on again',
      [{ writesTo: two, leftBehind: [one] }, three, undefined],
      { writesTo: three, leftBehind: [one, two] },
    ],
    ['comes back', [{ writesTo: two, leftBehind: [one] }, one, undefined], { writesTo: one, leftBehind: [two] }],
    ['keeps saying so', [{ writesTo: two, leftBehind: [one] }, two, undefined], { writesTo: two, leftBehind: [one] }],
    [
      'is told that one is done',
      [{ writesTo: three, leftBehind: [one, two] }, three, `${one}; x`],
      { writesTo: three, leftBehind: [two], acknowledged: `${one}; x` },
    ],
    [
      'is told that all are',
      [{ writesTo: three, leftBehind: [one, two] }, three, 'all'],
      { writesTo: three, acknowledged: 'all' },
    ],
    [
      'was told so before it moved on',
      [{ writesTo: two, acknowledged: 'all' }, three, 'all'],
      { writesTo: three, leftBehind: [two], acknowledged: 'all' },
    ],
    [
      'was told so of a place that it came back to, and left again',
      [{ writesTo: one, acknowledged: one }, two, one],
      { writesTo: two, leftBehind: [one], acknowledged: one },
    ],
    [
      'goes on saying so',
      [{ writesTo: three, leftBehind: [two], acknowledged: 'all' }, three, 'all'],
      { writesTo: three, leftBehind: [two], acknowledged: 'all' },
    ],
    [
      'is told in other words',
      [{ writesTo: three, leftBehind: [two], acknowledged: 'all' }, three, two],
      { writesTo: three, acknowledged: two },
    ],
  ])('%s', (_, given, expected) => {
    expect(placesOf(...given)).toEqual(expected);
  });

  it('says what to do about what was left behind, and nothing where there is nothing', () => {
    expect(withdrawn({ writesTo: one }, 'edge')).toBeUndefined();
    const told = withdrawn({ writesTo: two, leftBehind: [one] }, 'edge');
    expect(told).toMatchObject({ type: 'Withdrawn', status: 'False', reason: 'LeftBehind' });
    expect(told?.message).toMatch(/^It wrote to fortigate fw VDOM root, cluster east before.* postern withdraw/);
    expect(told?.message).toMatch(/left-behind=all$/);
  });

  it('asks for other words than those that were said already', () => {
    const told = withdrawn({ writesTo: three, leftBehind: [one, two], acknowledged: 'all' }, 'edge');
    expect(told?.message).toMatch(`left-behind='${one}; ${two}'`);
  });
});
