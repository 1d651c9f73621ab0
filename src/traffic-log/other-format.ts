import type { LogFormatName } from './names.ts';

/** A warning where not one line of a log was read, so that what it tells of nobody does not pass for what did not happen. */
export function otherFormat(
  format: LogFormatName,
  { lines, unread }: { readonly lines: number; readonly unread: number },
): string {
  if (lines === 0 || unread < lines) return '';
  return `warning: not one line was read as a flow of ${format}: is the log of another format?\n`;
}
