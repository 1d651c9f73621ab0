/** One figure of a benchmark; `npm run bench -- NAME --json` prints one per line. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The most it should be. */
  readonly aim: number;
  readonly met: boolean;
}

export function row(name: string, value: number, unit: string, aim: number): Row {
  const rounded = Number(value.toPrecision(4));
  return { name, value: rounded, unit, aim, met: rounded <= aim };
}
