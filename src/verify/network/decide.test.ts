import { describe, expect, it } from 'vitest';
import type { TriState } from '../values/tri-state.ts';
import { decide, strictest, type NetworkAnswer } from './decide.ts';
import type { End, PodEnd } from './ends/ends.ts';
import { stageOf, type Rule, type Stage } from './rules.ts';

const pod = { kind: 'pod', namespace: 'shop', hostNetwork: false } as PodEnd;
const outside: End = { kind: 'outside', host: undefined, address: '203.0.113.9' };

function rule(object: string, action: Rule['action'], match: TriState = 'yes'): Rule {
  return { action, object, reason: '', matches: () => match };
}

function decided(...stages: readonly Stage[]): string {
  const { allowed, object, dependsOn } = decide(stages, pod, outside, { port: 443, protocol: 'TCP' });
  return [allowed, object, dependsOn && `by ${dependsOn}`].filter(Boolean).join(' ');
}

describe('the rules of one order', () => {
  it.each<[string, readonly Rule[], string]>([
    ['allow where there are none', [], 'yes'],
    [
      'are decided by the first that matches',
      [rule('a', 'Deny', 'no'), rule('b', 'Allow'), rule('c', 'Deny')],
      'yes b',
    ],
    ['leave the stage at a Pass', [rule('a', 'Pass'), rule('b', 'Deny')], 'yes'],
    ['are unknown at a rule whose action is not known', [rule('a', 'Unknown'), rule('b', 'Deny')], 'unknown a'],
    [
      'are unknown where a rule may match, and the next says otherwise',
      [rule('a', 'Allow', 'unknown'), rule('b', 'Deny')],
      'unknown a',
    ],
    ['are known where both say the same', [rule('a', 'Deny', 'unknown'), rule('b', 'Deny')], 'no b'],
    ['depend on the addresses of a name', [rule('a', 'Allow', 'some'), rule('b', 'Deny')], 'unknown a by host'],
    [
      'depend on the addresses that the names of a rule have',
      [{ ...rule('a', 'Allow', 'unknown'), byNames: true }, rule('b', 'Deny')],
      'unknown a by names',
    ],
    [
      'depend on more than these where another rule is in doubt',
      [{ ...rule('a', 'Allow', 'unknown'), byNames: true }, rule('b', 'Unknown')],
      'unknown b',
    ],
    ['may pass', [rule('a', 'Pass', 'unknown'), rule('b', 'Deny')], 'unknown a'],
  ])('%s', (_, rules, expected) => {
    expect(decided(stageOf(rules))).toBe(expected);
  });
});

describe('stages', () => {
  const denial = stageOf([rule('last', 'Deny')]);

  it('follow each other where none decides', () => {
    expect(decided(stageOf([rule('a', 'Allow', 'no')]), denial)).toBe('no last');
  });

  it('are skipped by a Pass that leads farther', () => {
    expect(decided({ slots: [[[rule('a', 'Pass')]]], passTo: 2 }, denial)).toBe('yes');
    expect(decided({ slots: [[[rule('a', 'Pass')]]] }, denial)).toBe('no last');
  });
});

describe('rules without a known order', () => {
  const slots = (...rules: readonly Rule[]): Stage => ({ slots: [rules.map((one) => [one])] });

  it.each<[string, Stage, string]>([
    ['decide where they agree', slots(rule('a', 'Deny'), rule('b', 'Deny')), 'no a'],
    ['are unknown where they do not', slots(rule('a', 'Deny'), rule('b', 'Allow')), 'unknown a'],
    ['are unknown where one passes and one allows', slots(rule('a', 'Allow'), rule('b', 'Pass')), 'unknown a'],
    ['do not count where they do not match', slots(rule('a', 'Deny', 'no'), rule('b', 'Allow')), 'yes b'],
    ['go on where none matches', slots(rule('a', 'Deny', 'no'), rule('b', 'Deny', 'no')), 'yes'],
  ])('%s', (_, stage, expected) => {
    expect(decided(stage)).toBe(expected);
  });
});

it('of several answers the strictest counts: denied, unknown, allowed', () => {
  const answer = (allowed: NetworkAnswer['allowed']): NetworkAnswer => ({ allowed, object: allowed, reason: '' });
  expect(strictest([answer('yes'), answer('unknown'), answer('no')]).object).toBe('no');
  expect(strictest([answer('yes'), answer('unknown')]).object).toBe('unknown');
  expect(strictest([]).allowed).toBe('yes');
});

it('asks one order after the other, however many are silent', () => {
  const silent = Array.from({ length: 5_000 }, (_, i) => [[rule(`p${i}`, 'Deny', 'no')]]);
  expect(decided({ slots: [...silent, [[rule('last', 'Deny')]]] })).toBe('no last');
});
