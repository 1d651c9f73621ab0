import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../core/model/usage-error.ts';

/** An example that comes with the package, beside the code, bundled or not. @throws UsageError when it is missing */
export function exampleDirectory(name: string): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'examples', name))) {
    const parent = dirname(directory);
    if (parent === directory) throw new UsageError(`the folder examples/${name} is missing from this installation`);
    directory = parent;
  }
  return join(directory, 'examples', name);
}
