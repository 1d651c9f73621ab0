import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { celText, explaining, matching, ruled } from './rule.ts';

describe('rules', () => {
  it('are quoted so that CEL reads the same text', () => {
    expect(celText("a'b\\.c\u202e")).toBe("'a\\'b\\\\.c\\u202e'");
  });

  it('explain the first case that applies, in both languages', () => {
    const message = explaining([{ cel: "self == ''", applies: (text) => text === '', message: 'empty' }], 'wrong');
    expect(message).toMatchObject({ text: 'wrong', cel: "self == '' ? 'empty' : 'wrong'" });
    expect(typeof message !== 'string' && ['', 'x'].map(message.explain)).toEqual(['empty', 'wrong']);
  });

  it('wait until the shape is right, as CEL does', () => {
    const schema = ruled(z.string().max(1), matching('^a*$', 'invalid', 'write a'));
    const messages = (text: string) => schema.safeParse(text).error?.issues.map(({ code }) => code) ?? [];
    expect([messages('a'), messages('b'), messages('bb')]).toEqual([[], ['custom'], ['too_big']]);
  });
});
