import { describe, expect, it } from 'vitest';
import { ownerMark } from '../../../src/adapter/owner.ts';
import { markedText, ourSubject, roleOf, servedBy, subjects } from './marks.ts';
import { Ownership } from './ownership.ts';

const owner = { cluster: 'east' };
const field = { size: 60, refused: /[^A-Za-z0-9 ]+/g };

describe('a mark', () => {
  it('names the rule or the group that an object is there for, by its twelve digits and nothing else', () => {
    const marks = ['0a1b2c3d4e5f', 'Accept/0a1b2c3d4e5f', 'Deny/0a1b2c3d4e5f', 'rules', 'Accept/short', 'shard/g'];
    const texts = marks.map((subject) => ownerMark(owner, subject));
    expect(texts.map((text) => servedBy(text).desiredId ?? '')).toEqual([
      ...Array.from({ length: 3 }, () => '0a1b2c3d4e5f'),
      ...Array.from({ length: 3 }, () => ''),
    ]);
    expect(texts.map(roleOf)).toEqual(['None', 'Accept', 'Deny', 'None', 'Accept', 'None']);
  });

  it('comes before words that mean nothing to the device, and the whole fits its field', () => {
    const text = markedText(owner, subjects.group('Deny', 'x'), 'a; b" drop\n'.repeat(9), field);
    expect(text.length).toBeLessThanOrEqual(60);
    expect(text.startsWith('managed-by=postern cluster=east for=Deny/x a- b- drop-')).toBe(true);
    expect([ourSubject(owner, text), ourSubject({ cluster: 'west' }, text)]).toEqual(['Deny/x', undefined]);
  });
});

describe('objects by whose they are', () => {
  it('are ours by their mark, foreign where they have a name of ours without it, and else nobody’s business', () => {
    const ownership = new Ownership(owner, 'comment');
    const objects = [
      { name: 'pn-east-a', mark: ownerMark(owner, 'rules') },
      { name: 'anything', mark: ownerMark(owner, 'rules') },
      { name: 'pn-east-b', mark: '' },
      { name: 'pn-east-c', mark: 'the office' },
      { name: 'pn-east-side-d', mark: ownerMark({ cluster: 'east-side' }, 'rules') },
      { name: 'office', mark: 'the office' },
    ];
    expect(ownership.ours('group', objects).map(({ name, subject }) => `${name} ${subject}`)).toEqual([
      'pn-east-a rules',
      'anything rules',
    ]);
    expect(ownership.foreign).toEqual([
      { kind: 'group', name: 'pn-east-b', found: 'an object without a comment' },
      { kind: 'group', name: 'pn-east-c', found: 'comment: the office' },
    ]);
  });

  it('are another point’s where their mark names one; who comes second knows it', () => {
    const objects = [
      { name: 'pn-east-a', mark: ownerMark({ ...owner, point: 'edge' }, 'rules') },
      { name: 'pn-east-b', mark: ownerMark({ ...owner, point: 'second' }, 'rules') },
      { name: 'pn-east-c', mark: ownerMark(owner, 'rules') },
      { name: 'pn-west-d', mark: ownerMark({ cluster: 'west', point: 'other' }, 'rules') },
    ];
    const seenBy = (point: string, seen = objects): unknown => {
      const ownership = new Ownership({ ...owner, point }, 'comment');
      const names = ownership.ours('group', seen).map(({ name }) => name);
      return [names, ownership.foreign.map(({ name }) => name), ownership.neighbours];
    };
    const both = { areFirst: false };
    expect(seenBy('edge')).toEqual([['pn-east-a', 'pn-east-c'], ['pn-east-b'], { points: ['second'], ...both }]);
    expect(seenBy('third')).toEqual([
      ['pn-east-c'],
      ['pn-east-a', 'pn-east-b'],
      { points: ['edge', 'second'], areFirst: true },
    ]);
    expect(seenBy('edge', [objects[0]!, objects[3]!])).toEqual([['pn-east-a'], [], undefined]);
  });

  it('are known by the name of a point however long it is', () => {
    const long = { ...owner, point: `${'edge.'.repeat(50)}one` };
    const other = { ...owner, point: `${'edge.'.repeat(50)}two` };
    const mark = ownerMark(long, 'rules');
    expect(mark.length).toBeLessThan(150);
    expect([ourSubject(long, mark), ourSubject(other, mark)]).toEqual(['rules', undefined]);
  });
});
