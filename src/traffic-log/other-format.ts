import type { LogFormatName } from './names.ts';

/** A warning where not one line of a log was read, so that an empty result is not mistaken for no refusals. */
export function otherFormat(
  format: LogFormatName,
  { lines, unread }: { readonly lines: number; readonly unread: number },
): string {
  if (lines === 0 || unread < lines) return '';
  return `warning: not one line was read as a flow of ${format}: is the log of another format?\n`;
}
