import type { Lines } from './lines.ts';

/** What is worked out of the lines of chains, so that it can be put aside and taken up again. */
export interface Fold {
  /** RFC 3339: later records do not count. */
  readonly until: string;
  /** Of what is kept: who folds in another way takes up another form. */
  readonly form: number;
  /** In the order of the chain. False: one of them, and therefore all after it, is later than asked for. */
  take(lines: Lines): boolean;
  /** All that it needs to go on from here, and the latest time of any record in it. */
  kept(): { readonly text: string; readonly latest: string };
  /** To be called before the first line. False: this is nothing that was kept, and the fold is as it was. */
  resume(text: string): boolean;
}
