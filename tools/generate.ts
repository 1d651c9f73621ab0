import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { format } from 'prettier';
import { stringify } from 'yaml';
import { z } from 'zod';
import { customResourceDefinition } from './crds/crd.ts';
import { kinds, type Kind } from '../src/api/kinds.ts';
import { groupName } from '../src/api/meta.ts';
import { fieldReference } from './crds/field-reference.ts';
import { metricsPage } from './metrics-page.ts';
import { problemCodes } from './problem-codes.ts';
import { chartPages } from './chart/chart.ts';
import { conditionsPage } from './conditions-page.ts';
import { watchedPage } from './watched-page.ts';
import { withRedisUser } from './redis-access.ts';
import { withHelp } from './help-blocks.ts';

/*
 * Writes every file that follows from the sources: `npm run generate`.
 * With --check it writes nothing, and exits 1 naming the files that are stale.
 */

/** Path from the top of the repository, and the whole text. */
type Page = readonly [path: string, text: string];

const packageSchema = z.looseObject({ version: z.string() });
const allKinds = Object.keys(kinds) as Kind[];
const crds = allKinds.map((kind): Page => [crdPath(kind), yaml(customResourceDefinition(kind))]);

/** Everything that is generated; a new page is one more line. */
const pages: readonly Page[] = [
  ...crds,
  // Under a name that `kubectl apply -f crds/` passes over.
  ['crds/Kustomization', yaml({ resources: allKinds.map((kind) => crdPath(kind).replace('crds/', '')) })],
  ['docs/reference/fields.md', fieldReference(read('docs/reference/examples.yaml'))],
  ['src/api/problem-codes.ts', problemCodes(read('docs/reference/problems.md'))],
  ['docs/conditions.md', conditionsPage()],
  ['docs/metrics.md', metricsPage()],
  ['docs/adapters/watched.md', await formatted(watchedPage())],
  ['docs/redis.md', withRedisUser(read('docs/redis.md'))],
  ['docs/commands.md', await withHelp(read('docs/commands.md'))],
  ...chartPages(
    read,
    crds.map(([path, text]) => [basename(path), text]),
    packageSchema.parse(JSON.parse(read('package.json'))).version,
  ),
];

const stale = pages.filter(([path, text]) => read(path) !== text);
if (process.argv.includes('--check')) {
  for (const [path] of stale) process.stderr.write(`${path} is stale: run npm run generate\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.stdout.write(`${path}\n`);
  }
}

/** Tables are aligned by what formats everything else. */
async function formatted(text: string): Promise<string> {
  return await format(text, { parser: 'markdown', printWidth: 120, proseWrap: 'always' });
}

function crdPath(kind: Kind): string {
  return `crds/${groupName}_${kinds[kind].plural}.yaml`;
}

function yaml(value: object): string {
  return `# Generated from src/api by npm run generate.\n${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
