import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from './kit/folders.ts';

/* The snippets for other people's pipelines, run as those would run them, in a repository with a change. */

const run = promisify(execFile);
const tsx = resolve('node_modules/.bin/tsx');
const postern = `${tsx} ${resolve('src/cli/postern.ts')}`;

const repository = aFolder();
const tools = aFolder();
let base = '';

const manifest = (to: string): string => `apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [{ domainNames: [${to}], ports: [{ port: 443 }] }] }
`;

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    cwd: repository,
  });
  return stdout.trim();
}

/** A program that writes down how it was called. */
async function recorder(name: string): Promise<void> {
  const path = join(tools, name);
  await writeFile(path, `#!/bin/sh\nprintf '%s\\n' "$@" > "${tools}/${name}.called"\n`);
  await chmod(path, 0o755);
}

beforeAll(async () => {
  await Promise.all(['gh', 'curl'].map(recorder));
  await mkdir(join(repository, 'policies'));
  await writeFile(join(repository, 'policies', 'web.yaml'), manifest('a.example'));
  await git('init', '-q');
  await git('add', '.');
  await git('commit', '-q', '-m', 'base');
  base = await git('rev-parse', 'HEAD');
  await writeFile(join(repository, 'policies', 'web.yaml'), manifest('b.example'));
});

async function script(text: string, shell: string, environment: Readonly<Record<string, string>>): Promise<number> {
  const env = { PATH: `${tools}:${process.env['PATH'] ?? ''}`, HOME: tools, ...environment };
  return run(shell, ['-c', text], { cwd: repository, env }).then(
    () => 0,
    (error: unknown) => (error as { code: number }).code,
  );
}
const written = (path: string): Promise<string> => readFile(path, 'utf8');

interface Step {
  readonly run?: string;
}

describe('the GitHub action', () => {
  const read = async (): Promise<readonly Step[]> => {
    const action = parse(await written('deploy/ci/github/action.yml')) as { runs: { steps: readonly Step[] } };
    return action.runs.steps;
  };

  it('puts nothing of an event into a script', async () => {
    const scripts = (await read()).flatMap((step) => step.run ?? []);
    expect(scripts.length).toBe(3);
    expect(scripts.filter((text) => text.includes('${{'))).toEqual([]);
  });

  it('writes the summary, comments, and ends as is asked for', async () => {
    const [diff, comment, end] = (await read()).flatMap((step) => step.run ?? []);
    const [summary, outputs] = [join(tools, 'summary'), join(tools, 'outputs')];
    const inputs = { BASE: base, MANIFESTS: 'policies', WITH: '', FAIL_ON: 'opened', POSTERN: postern };
    expect(await script(diff ?? '', 'bash', { ...inputs, GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: outputs })).toBe(
      0,
    );
    expect(await written(summary)).toContain('| shop/any pod | b.example 443/TCP |');
    expect(await written(outputs)).toBe('status=2\n');
    expect(JSON.parse(await written(join(repository, 'postern-diff.sarif')))).toMatchObject({ version: '2.1.0' });
    expect(await script(comment ?? '', 'bash', { PULL_REQUEST: '7' })).toBe(0);
    expect((await written(join(tools, 'gh.called'))).split('\n').slice(0, 3)).toEqual(['pr', 'comment', '7']);
    expect(await script(end ?? '', 'bash', { STATUS: '2' })).toBe(2);
  });

  it('shows what is wrong where there is nothing to compare with', async () => {
    const [diff] = (await read()).flatMap((step) => step.run ?? []);
    const inputs = { BASE: base, MANIFESTS: 'policies', WITH: '', FAIL_ON: 'maybe', POSTERN: postern };
    expect(
      await script(diff ?? '', 'bash', { ...inputs, GITHUB_STEP_SUMMARY: '/dev/null', GITHUB_OUTPUT: '/dev/null' }),
    ).toBe(1);
  });
});

describe('the GitLab job', () => {
  it('writes the artifact, a note with a token, and ends as is asked for', async () => {
    const job = (
      parse(await written('deploy/ci/gitlab/postern-diff.yml')) as Record<
        string,
        { script: string[]; variables: Record<string, string> }
      >
    )['postern-diff'];
    const gitlab = { CI_API_V4_URL: 'https://gitlab.example/api/v4', CI_PROJECT_ID: '1', CI_MERGE_REQUEST_IID: '2' };
    const environment = {
      ...job?.variables,
      ...gitlab,
      ...{ CI_MERGE_REQUEST_DIFF_BASE_SHA: base, POSTERN: postern, POSTERN_MANIFESTS: 'policies' },
    };
    const text = job?.script.join('\n') ?? '';
    expect(await script(text, 'sh', environment)).toBe(0);
    expect(await written(join(repository, 'postern-diff.md'))).toContain('b.example 443/TCP');
    await expect(written(join(tools, 'curl.called'))).rejects.toThrow('ENOENT');
    expect(await script(text, 'sh', { ...environment, POSTERN_FAIL_ON: 'opened', POSTERN_NOTE_TOKEN: 't' })).toBe(2);
    expect(await written(join(tools, 'curl.called'))).toContain('/projects/1/merge_requests/2/notes');
  });
});
