import { inspect } from 'node:util';
import { colours, type Sink } from '../cli/io.ts';

/** What moves the cursor, rings, hides or reorders text; line breaks are handled where it is used. */
const unprintable = /\r\n|[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

const escape = '\u001b';

/** The colours that we paint with, as a terminal is told them. */
const painted = Object.values(colours).flatMap((name) =>
  (inspect.colors[name] ?? []).map((code) => `${escape}[${code}m`),
);

/**
 * A sink through which nothing passes that a terminal would obey, wherever it comes from: a manifest, a file name, an
 * answer of a device. `\u001b` is written instead, which in JSON is the same text.
 */
export function visible(sink: Sink): Sink {
  const { isTerminal, width } = sink;
  return {
    isTerminal,
    width,
    write: (text) =>
      sink.write(
        text.replace(unprintable, (found, at: number) => {
          if (found === '\n' || found === '\r\n') return found;
          if (isTerminal && found === escape && painted.some((colour) => text.startsWith(colour, at))) return found;
          return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
        }),
      ),
  };
}
