import { build } from 'esbuild';
import { basename, join } from 'node:path';

/**
 * A program and all that it imports as one file in `folder`, for a test that starts it often: to compile each part again
 * at every start takes longer than what it does. @returns its path
 */
export async function bundled(program: string, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(program, '.ts')}.mjs`);
  await build({
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // Some packages ask for others in the older way.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return outfile;
}
