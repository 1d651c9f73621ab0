import { expect, it } from 'vitest';
import { visibleText } from './visible.ts';

it.each([
  ['nothing', undefined],
  ['spaces', ' \u00a0\u3000'],
  ['zero-width characters', '\u200b\u200d\u2060\ufeff\u00ad'],
  ['fillers and variation selectors', '\u3164\u2800\ufe0f'],
])('%s are no text', (_, text) => {
  expect(visibleText(text)).toBe('');
});

it('what has something to see stays as it is', () => {
  for (const text of ['team-a', ' équipe ', '\u200b-', '👩‍💻']) expect(visibleText(text)).toBe(text);
});
