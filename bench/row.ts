/** One figure of a benchmark; `npm run bench -- NAME --json` prints one per line. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The most it should be; null: measured for comparison, nothing is aimed at. */
  readonly aim: number | null;
  readonly met: boolean;
}

export function row(name: string, value: number, unit: string, aim: number): Row {
  return { name, value: rounded(value), unit, aim: rounded(aim), met: rounded(value) <= rounded(aim) };
}

/** A figure of something else, or of a limit that is not ours, to see the others beside. */
export function reference(name: string, value: number, unit: string): Row {
  return { name, value: rounded(value), unit, aim: null, met: true };
}

/** The value below which so many hundredths of all lie; NaN of none. */
export function percentile(values: readonly number[], hundredths: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * hundredths) / 100))] ?? NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

const rounded = (value: number): number => Number(value.toPrecision(4));
