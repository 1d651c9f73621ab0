import { describe, expect, it } from 'vitest';
import type { Resource } from '../model/resource.ts';
import { diff } from '../plan/diff.ts';
import { differencesOf, sentenceOf } from './drift.ts';

function aRule(name: string, position: number, spec: Resource['spec'] = {}): Resource {
  return { kind: 'rule', name, spec: { action: 'Accept', ...spec }, refs: [], effect: 'Accept', position };
}

function aGroup(members: readonly string[]): Resource {
  return { kind: 'group', name: 'web', spec: {}, members, refs: [], effect: 'Accept' };
}

const sentences = (desired: readonly Resource[], found: readonly Resource[]): string[] =>
  differencesOf(diff(desired, found).changes).map(sentenceOf);

describe('what differs on a device', () => {
  it('is told field by field, with what is desired and what was found', () => {
    const desired = [aRule('a', 0, { log: true, to: ['x', 'y'] })];
    const found = [aRule('a', 0, { log: false, to: ['x', 'y'], note: 'by hand' })];
    expect(differencesOf(diff(desired, found).changes)).toEqual([
      { what: 'changed', kind: 'rule', name: 'a', field: 'log', desired: true, found: false },
      { what: 'changed', kind: 'rule', name: 'a', field: 'note', desired: null, found: 'by hand' },
    ]);
  });

  it('reads as one sentence each', () => {
    expect(sentences([aRule('a', 0)], [])).toEqual(['rule a is missing']);
    expect(sentences([], [aRule('a', 0)])).toEqual(['rule a should not be there']);
    expect(sentences([aGroup(['10.0.0.1'])], [aGroup(['10.0.0.9'])])).toEqual([
      'group web members: has 10.0.0.9',
      'group web members: lacks 10.0.0.1',
    ]);
    expect(sentences([aRule('a', 0), aRule('b', 1)], [aRule('b', 0), aRule('a', 1)])).toEqual([
      expect.stringMatching(/^rule [ab] is not in its place, (at the top|after a)$/),
    ]);
    expect(sentences([aRule('a', 0, { log: true })], [aRule('a', 0, { log: false })])).toEqual([
      'rule a log: true is desired, false was found',
    ]);
    const many = Array.from({ length: 12 }, (_, index) => `10.0.0.${index + 1}`);
    expect(sentences([aGroup([])], [aGroup(many)])[0]).toMatch(/^group web members: has 10\.0\.0\.1 .* and 4 more$/);
  });

  it('is told of one that is there in another state, not as one that is missing and one too many', () => {
    const wanted = { ...aRule('web', 0), desiredId: '1' };
    const disabled = { ...aRule('#2', 0), desiredId: '1', disabled: true } as const;
    const { position: _, ...off } = disabled;
    expect(sentences([wanted], [off])).toEqual(['rule #2 is disabled']);
    expect(differencesOf(diff([wanted], [off]).changes)).toEqual([
      { what: 'changed', kind: 'rule', name: '#2', field: 'status', desired: 'enabled', found: 'disabled' },
    ]);
    expect(sentences([wanted], [{ ...aRule('mine', 0, { log: true }), desiredId: '1' }])).toEqual([
      'rule mine name: "web" is desired, "mine" was found',
      'rule mine log: null is desired, true was found',
    ]);
    expect(sentences([aRule('a', 0, { status: 'enabled' })], [aRule('a', 0, { status: 'disabled' })])).toEqual([
      'rule a is disabled',
    ]);
  });

  it('does not pair what is there for different rules', () => {
    const [one, two] = [
      { ...aRule('a', 0), desiredId: '1' },
      { ...aRule('b', 0), desiredId: '2' },
    ];
    expect(sentences([one], [two]).sort()).toEqual(['rule a is missing', 'rule b should not be there']);
  });

  it('is nothing where nothing differs', () => {
    expect(sentences([aGroup(['10.0.0.1']), aRule('a', 0)], [aRule('a', 7), aGroup(['10.0.0.1'])])).toEqual([]);
  });
});
