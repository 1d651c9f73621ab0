import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../core/model/usage-error.ts';

/** What a browser is sent, as built from `web/`. */
export interface Assets {
  readonly script: string;
  readonly style: string;
}

/** They come with the package, beside the code. @throws UsageError when nothing has been built */
export async function readAssets(): Promise<Assets> {
  let directory = dirname(fileURLToPath(import.meta.url));
  const built = (): string[] => [join(directory, 'console'), join(directory, 'dist', 'console')];
  const script = (folder: string): string => join(folder, 'console.js');
  let found = built().find((folder) => existsSync(script(folder)));
  while (found === undefined) {
    const parent = dirname(directory);
    if (parent === directory)
      throw new UsageError('the console has not been built: run `npm run build`, or use the package');
    directory = parent;
    found = built().find((folder) => existsSync(script(folder)));
  }
  return {
    script: await readFile(script(found), 'utf8'),
    style: await readFile(join(found, 'console.css'), 'utf8'),
  };
}
