/** What moves the cursor, rings, hides or reorders text; line breaks are handled where it is used. */
const unprintable = /\r\n|[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * Text without anything that a terminal would obey, wherever it comes from: a manifest, a file name, an answer of a
 * device. `\u001b` is written instead, which in JSON is the same text.
 *
 * @param kept control sequences that stay: those with which we colour text ourselves
 */
export function printable(text: string, kept: readonly string[] = []): string {
  return text.replace(unprintable, (found, at: number) => {
    if (found === '\n' || found === '\r\n') return found;
    if (kept.some((sequence) => text.startsWith(sequence, at))) return found;
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The same on one line, so that untrusted text cannot look like a log line of Postern. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\r\n', '\\u000d\\u000a').replaceAll('\n', '\\u000a');
}
