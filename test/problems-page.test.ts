import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorPolicy } from '../src/adapter/errors.ts';
import { tableEntries } from '../src/cli/explain/pages.ts';
import { lintRules } from '../src/lint/lint.ts';
import { meshChecks } from '../src/verify/mesh/checks/check-mesh.ts';
import { unstableOutput } from '../src/verify/mesh/checks/output.ts';

const entries = tableEntries(readFileSync('docs/reference/problems.md', 'utf8'));
const unstable = unstableOutput([{ apiVersion: 'v1', kind: 'A', metadata: { name: 'a' } }], []);
const checks = [...lintRules, ...meshChecks, ...unstable];

/** All that may name a code, except the types that are generated from the page. */
const sources = ['src', 'adapters', 'kit']
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`))
  .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|problem-codes\.ts$/.test(path))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

// That each code has a row is a matter of types: see src/api/problem-codes.ts.
describe('docs/reference/problems.md', () => {
  it('lists no code that there is not', () => {
    const codes = entries.map(({ term }) => term).filter((code) => !Object.hasOwn(errorPolicy, code));
    expect(codes.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
  });

  it('gives each lint rule the severity that it has', () => {
    const withSeverity = entries.filter(({ cells }) => cells[0]?.[0] === 'Severity');
    const stated = new Map(withSeverity.map(({ term, cells }) => [term, cells[0]?.[1].split(/\W/)[0]]));
    expect(checks.map(({ id }) => [id, stated.get(id)])).toEqual(checks.map(({ id, severity }) => [id, severity]));
  });
});
