import { expect, it } from 'vitest';
import { TurnedAway } from './turned-away.ts';

function someone() {
  const [lines, time] = [[] as string[], { now: 0 }];
  const away = new TurnedAway(
    (line) => void lines.push(line),
    () => time.now,
  );
  return { away, lines, time };
}

it('tells of one source once a minute, and then how often it came', () => {
  const { away, lines, time } = someone();
  for (let i = 0; i < 10_000; i += 1) away.note('192.0.2.1', 'no credential from 192.0.2.1');
  time.now = 60_000;
  away.note('192.0.2.1', 'no credential from 192.0.2.1');
  expect(lines).toEqual([
    'no credential from 192.0.2.1',
    '9999 more requests were turned away in the minute before',
    'no credential from 192.0.2.1',
  ]);
});

it('has few lines for however many sources', () => {
  const { away, lines } = someone();
  for (let i = 0; i < 10_000; i += 1) away.note(`2001:db8::${i.toString(16)}`, `from ${i}`);
  expect(lines).toHaveLength(60);
});
