import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorPolicy } from '../src/adapter/errors.ts';
import { lintRules } from '../src/lint/lint.ts';
import { meshChecks } from '../src/verify/mesh/checks/check-mesh.ts';
import { unstableOutput } from '../src/verify/mesh/checks/output.ts';

const page = readFileSync('docs/reference/problems.md', 'utf8');

/** In the first column of a table: `a`, `b`. */
const documented = [...page.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([A-Za-z0-9-]+)`/g)].map(([, code = '']) => code),
);

function sources(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes('simulator'))
    .map((path) => readFileSync(join(directory, path), 'utf8'));
}

/**
 * `code: 'x'`, `code: a ? 'x' : 'y'`, `guard: 'x'`, `fault('x', ...)`, `warning(rule, 'x', ...)`, `fileProblem(file, 'x', ...)`,
 * `this.#find('x', ...)`, `lost(field, 'x', ...)`, `'closed-x'`
 */
const places = [
  /\b(?:code|guard): (?:\w+ \? '([a-z0-9-]+)' : )?'([a-z0-9-]+)'/g,
  /\b(?:fault|warning)\(\s*(?:\w+,\s*)?'([a-z0-9-]+)'/g,
  /\bfileProblem\([^']*?, '([a-z0-9-]+)'/g,
  /#find\(\s*'([a-z-]+)'/g,
  /\blost\(\s*(?:`[^`]*`|'[^']*'|\w+),\s*'([a-z0-9-]+)'/g,
  /'(closed-[a-z]+)'/g,
];

/** What zod calls an issue of ours, whose own code is beside it. */
const notOurs = new Set(['custom']);

const written = ['src', 'adapters', 'kit']
  .flatMap(sources)
  .flatMap((text) => places.flatMap((place) => [...text.matchAll(place)]))
  .flatMap((match) => match.slice(1).filter(Boolean))
  .filter((code) => !notOurs.has(code));
const unstable = unstableOutput([{ apiVersion: 'v1', kind: 'A', metadata: { name: 'a' } }], []);
const checks = [...lintRules, ...meshChecks, ...unstable];
const known = new Set([...written, ...checks.map(({ id }) => id), ...Object.keys(errorPolicy)]);

describe('docs/reference/problems.md', () => {
  it('lists every code that a command or a status can show', () => {
    expect([...known].filter((code) => !documented.includes(code)).sort()).toEqual([]);
  });

  it('lists no code that there is not', () => {
    expect(documented.filter((code) => !known.has(code)).sort()).toEqual([]);
  });

  it('gives each lint rule the severity that it has', () => {
    const stated = checks.map(({ id }) => [id, new RegExp(`^\\| \`${id}\` \\| (\\w+)`, 'm').exec(page)?.[1]]);
    expect(stated).toEqual(checks.map(({ id, severity }) => [id, severity]));
  });
});
