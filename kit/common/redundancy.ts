import { AdapterError } from '../../src/adapter/errors.ts';

/** A unit of a pair that is not the active one. */
export interface Passive {
  /** `This unit` if absent. */
  readonly unit?: string;
  readonly state: string;
  /** Which unit is active; undefined: none. */
  readonly active: string | undefined;
  /** What to do, as a whole sentence; absent: `config.url` has to lead elsewhere. */
  readonly remedy?: string;
}

/** The refusal to read or write there: what is written is lost, or brings the two units apart. */
export function notActive({ unit = 'This unit', state, active, remedy = follow }: Passive): AdapterError {
  const where = active === undefined ? 'no unit is active' : `the active one is ${active}`;
  const message = `${unit} is ${state}, and ${where}; nothing is written here. ${remedy}`;
  return new AdapterError('busy', message, { retryAfterMs: 30_000 });
}

const follow = 'Let config.url lead to the active unit, by a floating address.';
