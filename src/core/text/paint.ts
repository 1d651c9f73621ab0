/** What a stretch of text says, whatever colour that is. */
export type Meaning = 'good' | 'bad' | 'add' | 'change' | 'remove' | 'warn' | 'strong' | 'dim';

/** Colours text for whom it is written; for a file or a pipe it gives the text back. */
export type Paint = (text: string, meaning: Meaning) => string;
