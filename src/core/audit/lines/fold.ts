import type { Lines } from './lines.ts';

/** What is worked out of the lines of chains, so that it can be put aside and taken up again. */
export interface Fold {
  /** RFC 3339: later records do not count. */
  readonly until: string;
  /** Of what is kept: who folds in another way takes up another form. */
  readonly form: number;
  /** Lines from here on are of this chain. */
  goTo(chain: string): void;
  /** Has every record counted so far? If not, the kept state does not answer questions about later moments. */
  readonly isWhole: boolean;
  /** In the order of the chain. False: what comes after them is later than asked for. */
  take(lines: Lines): boolean;
  /** All that it needs to go on from here, line by line, and the latest time of any record in it. Valid until the next line is taken. */
  kept(): { readonly lines: Iterable<string>; readonly latest: string };
  /** To be asked for before the first line. The fold is as it was until it has ended. */
  resumption(): Resumption;
}

/** Takes up what was kept. */
export interface Resumption {
  /** @throws Error when it is nothing that was kept */
  take(line: string): void;
  /** False: there was nothing. */
  end(): boolean;
}
