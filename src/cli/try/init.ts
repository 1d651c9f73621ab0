import { copyFile, readdir } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { exitCodes, type ExitCode, type Io } from '../io.ts';
import { exampleDirectory } from '../package-files.ts';

/** Writes a small set of manifests with comments to begin with. Nothing that is there is written over. */
export async function init(directory: string, _: unknown, io: Io): Promise<ExitCode> {
  const from = exampleDirectory('first-steps');
  const files = (await readdir(from)).filter((name) => name.endsWith('.yaml')).sort();
  const there = await readdir(directory).catch((): string[] => []);
  const taken = files.filter((name) => there.includes(name));
  if (taken.length > 0) {
    throw new UsageError(
      `${taken.map((name) => join(directory, name)).join(', ')}: already there; name another directory`,
    );
  }
  await makeFolder(directory);
  for (const name of files) await copyFile(join(from, name), join(directory, name), constants.COPYFILE_EXCL);
  const shown = /^[\w./-]+$/.test(directory) ? directory : `'${directory.replaceAll("'", "'\\''")}'`;
  const written = files.map((name) => `  ${join(directory, name)}\n`).join('');
  io.out.write(`Written:\n${written}\n${nextSteps(shown)}`);
  return exitCodes.ok;
}

function nextSteps(directory: string): string {
  return [
    'Next:',
    `  postern matrix -f ${directory}        who may reach what`,
    `  postern plan -f ${directory}          the plan for a firewall`,
    `  postern simulate fortigate -o yaml > ${join(directory, 'point.yaml')} &`,
    '                                a firewall to try it on, in the background',
    `  postern run --manifests ${directory}  keep it in step with these files`,
    '',
  ].join('\n');
}
