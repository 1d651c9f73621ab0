import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { median, type Row } from './row.ts';

const run = promisify(execFile);

/** One figure of two checkouts. */
interface Pair {
  readonly name: string;
  readonly unit: string;
  readonly theirs: readonly number[];
  readonly ours: readonly number[];
}

/**
 * Runs one benchmark of this checkout and of another in turn, so that both meet the same load of the machine. A line for
 * each figure: the medians, and the ratio of ours to theirs with the least and the greatest of any round. What measures
 * something else than before has to have another name or unit.
 *
 * @param directory of the other checkout, its packages installed
 */
export async function* against(directory: string, benchmark: string, rounds: number): AsyncGenerator<string> {
  const readings: (readonly [theirs: readonly Row[], ours: readonly Row[]])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Who goes first changes: the second finds the machine's caches as the first has left them.
    const first = round % 2 === 0 ? directory : '.';
    const one = await rowsOf(first, benchmark, `round ${round + 1} of ${rounds}`);
    const other = await rowsOf(first === '.' ? directory : '.', benchmark, `round ${round + 1} of ${rounds}`);
    readings.push(first === '.' ? [other, one] : [one, other]);
  }
  for (const { name, unit, theirs, ours } of pairsIn(readings)) {
    const ratios = ours.map((value, round) => (value === theirs[round] ? 1 : value / (theirs[round] ?? NaN)));
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map(shown);
    const figures = `${shown(median(theirs))} -> ${shown(median(ours))} ${unit}`;
    yield `${name.padEnd(70)} ${figures.padEnd(28)} ${shown(median(ratios)).padStart(6)} (${least} to ${most})\n`;
  }
}

/** The figures that every run has, under one name and in one unit; of the others nothing can be said. */
export function pairsIn(readings: readonly (readonly [readonly Row[], readonly Row[]])[]): readonly Pair[] {
  const names = readings[0]?.[1] ?? [];
  return names.flatMap(({ name, unit }) => {
    const [theirs, ours] = [0, 1].map((side) =>
      readings.flatMap((reading) => reading[side]?.find((row) => row.name === name && row.unit === unit)?.value ?? []),
    );
    if (theirs?.length !== readings.length || ours?.length !== readings.length) return [];
    return [{ name, unit, theirs, ours }];
  });
}

/** Says on standard error how far it is: some benchmarks take minutes, and nothing is printed before the last round. */
async function rowsOf(directory: string, benchmark: string, round: string): Promise<readonly Row[]> {
  const running = run(process.execPath, ['--import', 'tsx', 'bench/main.ts', benchmark, '--json'], {
    cwd: resolve(directory),
  });
  let figures = 0;
  running.child.stdout?.on('data', (text: Buffer) => {
    figures += text.toString().split('\n').length - 1;
    process.stderr.write(`${round}, ${directory}: ${figures} figures\n`);
  });
  const { stdout } = await running;
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

function shown(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US');
}
