import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { aFolder } from '../../../test/kit/folders.ts';
import { runPostern } from '../testing/run-postern.ts';

const directory = aFolder();

describe('postern init', () => {
  it('writes manifests that lint has no complaint about, and says what to do next', async () => {
    const path = join(directory, 'new', 'intent');
    const { code, out } = await runPostern(['init', path]);
    expect([code, out]).toEqual([0, expect.stringContaining(`postern plan -f ${path}`)]);
    const lint = await runPostern(['lint', '-f', path, '-o', 'json']);
    expect(JSON.parse(lint.out)).toMatchObject({ counts: { error: 0, warning: 0 } });
  });

  it('writes over nothing', async () => {
    await writeFile(join(directory, 'point.yaml'), 'mine');
    const { code, err } = await runPostern(['init', directory]);
    expect([code, err]).toEqual([1, expect.stringMatching(/^postern: .*point\.yaml: already there; name another/)]);
    expect(await readFile(join(directory, 'point.yaml'), 'utf8')).toBe('mine');
  });
});

describe('postern simulate -o yaml', () => {
  it.each(['fortigate', 'f5-afm', 'aws-network-firewall', 'azure-firewall', 'gcp-firewall'])(
    'prints a point and its Secret of a simulated %s that are taken as they are',
    async (kind) => {
      const path = join(directory, `${kind}.yaml`);
      const stop = new AbortController();
      let simulating = Promise.resolve({ code: -1 });
      const text = await new Promise<string>((onOut) => {
        simulating = runPostern(['simulate', kind, '-o', 'yaml', '--name', `of-${kind}`], {
          signal: stop.signal,
          onOut,
        });
      });
      await writeFile(path, text);
      expect(parseAllDocuments(text).map((document) => document.get('kind'))).toEqual(['Secret', 'EnforcementPoint']);
      expect(text.match(/^ {2}name: .*$/gm)).toEqual([`  name: of-${kind}`, `  name: of-${kind}`]);
      const { code, out } = await runPostern(['plan', '--live', '-f', path, '-o', 'json']);
      stop.abort();
      expect([code, (await simulating).code]).toEqual([2, 0]);
      const { problems } = JSON.parse(out) as { problems: { severity: string }[] };
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    },
  );

  it('says that a consumer of feeds is no point', async () => {
    const { code, err } = await runPostern(['simulate', 'feed-consumer', '-o', 'yaml']);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^postern: feed-consumer is a consumer of a feed and no enforcement point/),
    ]);
  });
});
