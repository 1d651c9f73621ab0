import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorPolicy } from '../../adapter/errors.ts';
import { lintRules } from '../../lint/lint.ts';
import { runPostern } from '../testing/run-postern.ts';

describe('postern explain', () => {
  it.each([
    ['too-many-removals', 'too-many-removals (problem: What holds a plan back)'],
    ['Held', 'Held (reason of a condition: Programmed)'],
    ['held', 'A guard holds changes'],
    ['PosternPointHeld', 'A guard objects to the planned changes'],
    ['postern_point_state', '1 for the state that the point was left in'],
    ['EnforcementPoint.spec.guard.maxRemovals', 'EnforcementPoint.spec.guard.maxRemovals (field)'],
    ['enfp.spec.guard', '    EnforcementPoint.spec.guard.maxRemovals'],
    ['EgressDelegation', 'EgressDelegation (kind)'],
    ['egd', '    EgressDelegation.spec.maxDestinations'],
    ['enforcementpoints', 'kind: EnforcementPoint'],
    ['egp.spec.to[1].ports[0].port', 'EgressPolicy.spec.to[].ports[].port (field)'],
    ['egp.spec.to.ports.port', 'EgressPolicy.spec.to[].ports[].port (field)'],
    ['spec.guard.maxRemovals', 'EnforcementPoint.spec.guard.maxRemovals (field)'],
  ])('%s', async (term, expected) => {
    const { code, out, err } = await runPostern(['explain', term]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(expected);
  });

  it('tells every kind that has a field, where none is named', async () => {
    const { out } = await runPostern(['explain', 'spec.governance.owner']);
    for (const kind of ['ExternalService', 'EgressPolicy', 'ClusterEgressPolicy'])
      expect(out).toContain(`${kind}.spec.gov`);
  });

  it('asks back for what was probably meant, and ends with 1', async () => {
    const { code, out, err } = await runPostern(['explain', 'to-many-removals']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('did you mean too-many-removals?');
  });

  it('is JSON for scripts', async () => {
    const { out } = await runPostern(['explain', 'any-any', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      found: [{ term: 'any-any', page: 'docs/reference/problems.md' }],
      fields: [],
    });
  });

  it('knows every code of lint and every class of error', async () => {
    for (const code of [...lintRules.map(({ id }) => id), ...Object.keys(errorPolicy)]) {
      expect(await runPostern(['explain', code]), code).toMatchObject({ code: 0 });
    }
  });

  it('reads pages that the package has', () => {
    const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: readonly string[] };
    expect(files).toEqual(expect.arrayContaining(['docs/**/*.md']));
  });
});
