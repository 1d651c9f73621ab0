import { compareProblems, type Problem } from '../core/model/problem.ts';
import type { ManifestCluster } from '../kube/manifests/assemble.ts';
import { readManifests } from '../kube/manifests/read-files.ts';
import { exitCodes, painter, type ExitCode, type Io } from './io.ts';

/** Where a command that works on files gets them from. */
export interface InputOptions {
  readonly filename: readonly string[];
}

/** Reads what `-f` names, as if it were the cluster. */
export function readInput({ filename }: InputOptions, io: Io): Promise<ManifestCluster> {
  return readManifests(filename, io.readStdin);
}

/** Problems on the error stream, the worst first, so that the output stays what was asked for. */
export function complain(problems: readonly Problem[], io: Io): void {
  const paint = painter(io.err, io.environment);
  for (const { severity, subject, field, message } of [...problems].sort(compareProblems)) {
    const where = [subject, field].filter((part) => part !== '').join(' ');
    const label = paint(severity, severity === 'error' ? 'bad' : severity === 'warning' ? 'warn' : 'dim');
    io.err.write(`${label}: ${where}: ${message}\n`);
  }
}

/** An error is the end of it: whoever scripts this must not take half an answer for a whole one. */
export function exitFor(problems: readonly Problem[], otherwise: ExitCode = exitCodes.ok): ExitCode {
  return problems.some(({ severity }) => severity === 'error') ? exitCodes.error : otherwise;
}
