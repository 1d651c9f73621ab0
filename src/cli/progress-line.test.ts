import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../compose/clock.ts';
import { ProgressLine } from './progress-line.ts';

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A line on a terminal of 20 columns, and what that was sent. */
function aLine(isTerminal = true) {
  const written: string[] = [];
  const sink = { isTerminal, width: 20, write: (text: string) => void written.push(text) };
  return { line: new ProgressLine(sink, systemClock), sink, written };
}
const gone = '\r\u001b[K';

describe('the line that says what is being waited for', () => {
  it('is shown after a second, though it was told once and at the beginning', async () => {
    const { line, written } = aLine();
    line.tell('reading edge');
    await pass(999);
    expect(written).toEqual([]);
    await pass(1);
    expect(written).toEqual([`${gone}reading edge`]);
  });

  it('changes ten times a second at most, to the last that was told, and is gone before anything else', async () => {
    const { line, sink, written } = aLine();
    const out = line.before(sink);
    await pass(1_000);
    for (const doing of ['edge', 'core', 'nat']) line.tell(`reading ${doing}`);
    await pass(100);
    out.write('done\n');
    line.end();
    expect(written).toEqual([`${gone}reading edge`, `${gone}reading nat`, gone, 'done\n']);
  });

  it('does not come back once something was written, or the command has ended', async () => {
    const { line, sink, written } = aLine();
    line.tell('reading edge');
    line.before(sink).write('edge: as desired\n');
    await pass(2_000);
    line.tell('reading core');
    line.tell('reading nat');
    line.end();
    await pass(2_000);
    expect(written).toEqual(['edge: as desired\n', `${gone}reading core`, gone]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fits the terminal, and moves nothing on it', async () => {
    const { line, written } = aLine();
    await pass(1_000);
    line.tell('reading \u001b[2J a point with a very long name');
    expect(written).toEqual([`${gone}reading \\u001b[2J a`]);
  });

  it('is not written to a file or a pipe', async () => {
    const { line, written } = aLine(false);
    line.tell('reading edge');
    await pass(5_000);
    line.end();
    expect(written).toEqual([]);
  });
});
