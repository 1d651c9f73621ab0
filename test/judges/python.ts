import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { skipped } from '../kit/skipped.ts';

/** The python that `.ci/run` gives the public clients, or any. */
const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const theirs = join(cache, 'postern-ci/clients/bin/python');
export const python = existsSync(theirs) ? theirs : 'python3';

/** Is boto3 there to judge? In CI it has to be. */
export function hasBoto3(what: string): boolean {
  const found = spawnSync(python, ['-c', 'import boto3'], { encoding: 'utf8', timeout: 180_000 });
  return found.status === 0 || skipped(`boto3 cannot judge ${what}: python3 with boto3 is not installed.`);
}
