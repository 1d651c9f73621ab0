/** What a stretch of text says, whatever colour that is. */
export type Meaning = 'good' | 'bad' | 'add' | 'change' | 'remove' | 'warn' | 'strong' | 'dim';

/** Colours text for a terminal; for a file or a pipe it returns the text unchanged. */
export type Paint = (text: string, meaning: Meaning) => string;
