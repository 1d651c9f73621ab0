import { describe, expect, it } from 'vitest';
import { ProgressLine } from './progress-line.ts';

/** A line on a terminal of 20 columns, and what that was sent. */
function aLine(isTerminal = true) {
  const written: string[] = [];
  const clock = { ms: 0, now: () => clock.ms };
  const sink = { isTerminal, width: 20, write: (text: string) => void written.push(text) };
  return { line: new ProgressLine(sink, clock), sink, written, clock };
}
const gone = '\r\u001b[K';

describe('the line that says what is being waited for', () => {
  it('is shown after a second, ten times a second at most, and gone before anything else', () => {
    const { line, sink, written, clock } = aLine();
    const out = line.before(sink);
    for (const [ms, doing] of [[0, 'reading edge'], [999, 'reading core'], [1_000, 'reading nat'], [1_050, 'reading branch'], [1_100, 'reading dmz']] as const) {
      clock.ms = ms;
      line.tell(doing);
    } // prettier-ignore
    out.write('done\n');
    line.clear();
    expect(written).toEqual([`${gone}reading nat`, `${gone}reading dmz`, gone, 'done\n']);
  });

  it('fits the terminal, and moves nothing on it', () => {
    const { line, written, clock } = aLine();
    clock.ms = 1_000;
    line.tell('reading \u001b[2J a point with a very long name');
    expect(written).toEqual([`${gone}reading \\u001b[2J a`]);
  });

  it('is not written to a file or a pipe', () => {
    const { line, written, clock } = aLine(false);
    clock.ms = 5_000;
    line.tell('reading edge');
    line.clear();
    expect(written).toEqual([]);
  });
});
