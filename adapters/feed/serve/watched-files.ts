import { readFile } from 'node:fs/promises';

/** Files whose content is taken over anew when one of them changes. */
export interface WatchedFiles<T> {
  /** What they held when they could last be used. */
  readonly value: T;
  /** Looks at them. @returns what is wrong with what is there now; undefined: it is in use */
  look(): Promise<string | undefined>;
}

/**
 * @param use makes something of the texts, in the order of the paths; throws where it cannot
 * @param onChange told of what was made of other texts than before
 * @throws Error where the files cannot be used to begin with
 */
export async function watchFiles<T>(
  paths: readonly string[],
  use: (texts: readonly string[]) => T,
  onChange: (value: T) => void = () => undefined,
): Promise<WatchedFiles<T>> {
  const read = (): Promise<readonly string[]> => Promise.all(paths.map((path) => readFile(path, 'utf8')));
  let texts = await read();
  let value = use(texts);
  return {
    get value() {
      return value;
    },
    async look() {
      try {
        const found = await read();
        if (found.every((text, at) => text === texts[at])) return undefined;
        value = use(found);
        onChange(value);
        texts = found;
        return undefined;
      } catch (error) {
        return `${paths.join(', ')}: ${error instanceof Error ? error.message : 'cannot be read'}; what was there before stays in use`;
      }
    },
  };
}
