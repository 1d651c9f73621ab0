import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { painter, safeSink, writeLines, writeProblems } from './io.ts';

const environment = { noColor: false, namespace: 'postern-system', redis: {}, cluster: undefined };

function through(text: string, isTerminal = true): string {
  let written = '';
  safeSink({ isTerminal, width: 80, write: (piece) => void (written += piece) }).write(text);
  return written;
}

describe('what is written for people', () => {
  it.each([
    ['an escape sequence', '\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['a carriage return that hides what stands before it', 'safe\rbad', 'safe\\u000dbad'],
    ['an eight-bit control character', '\u009b31m', '\\u009b31m'],
    ['text that runs backwards', 'a\u202eb', 'a\\u202eb'],
    ['a separator that some take for a line break', 'a\u2028b', 'a\\u2028b'],
    ['concealed text', '\u001b[8mx', '\\u001b[8mx'],
  ])('shows %s instead of obeying it', (_, text, expected) => {
    expect([through(text), through(text, false)]).toEqual([expected, expected]);
  });

  it('keeps lines, those of CSV too, and other scripts', () => {
    expect(through('a,é\r\n書\n')).toBe('a,é\r\n書\n');
  });

  it('keeps our own colours, and those on a terminal only', () => {
    const paint = painter({ isTerminal: true, width: 80, write: () => undefined }, environment);
    const text = paint('bad', 'bad') + paint('dim', 'dim') + paint('strong', 'strong');
    expect(through(text)).toBe(text);
    expect(through(text, false)).not.toContain('\u001b');
  });

  it('leaves JSON the same text', () => {
    const value = { a: '\u009b\u202e\u001b', b: 'ü' };
    expect(JSON.parse(through(JSON.stringify(value)))).toEqual(value);
  });
});

it('a problem is one line, whatever the object is called', () => {
  let written = '';
  const err = safeSink({ isTerminal: false, width: 80, write: (piece) => void (written += piece) });
  const problem = {
    severity: 'error',
    field: 'a\r\nb',
    code: 'invalid',
    message: 'c\nerror: d',
    subject: 'Pod/a\nb',
  } as const;
  writeProblems([problem], { err, environment });
  expect(written).toBe('error: Pod/a\\u000ab a\\u000d\\u000ab: c\\u000aerror: d\n');
});

describe('lines that are written', () => {
  it('are made when whoever reads has taken those before', async () => {
    const made: string[] = [];
    function* lines(): Generator<string> {
      for (let line = 0; line < 10; line += 1) yield made[made.push('x'.repeat(40_000)) - 1] ?? '';
    }
    let written = '';
    const madeMeanwhile: number[] = [];
    const drained = async (): Promise<void> => {
      const before = made.length;
      await setImmediate();
      madeMeanwhile.push(made.length - before);
    };
    await writeLines(lines(), { write: (text) => void (written += text), drained });
    expect(madeMeanwhile).toEqual([0, 0, 0, 0, 0, 0]);
    expect(written).toBe(made.join(''));
  });
});
