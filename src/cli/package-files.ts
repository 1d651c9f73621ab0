import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../core/model/usage-error.ts';

/** An example that comes with the package. @throws UsageError when it is missing */
export function exampleDirectory(name: string): string {
  return packageFile(join('examples', name));
}

/** A file or folder of the package, which stands beside the code, bundled or not. @throws UsageError when it is missing */
export function packageFile(path: string): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, path))) {
    const parent = dirname(directory);
    if (parent === directory) throw new UsageError(`${path} is missing from this installation`);
    directory = parent;
  }
  return join(directory, path);
}
