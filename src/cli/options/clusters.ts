import { InvalidArgumentError } from 'commander';
import { defaultAuditDir } from '../../compose/choices.ts';
import type { RecordSource } from '../../core/audit/record-source.ts';
import type { Io } from '../io.ts';

export const clustersFlag = [
  '--clusters <name=dir...>',
  'the records of several clusters at once, instead of --audit-dir: east=/audit/east west=/audit/west',
] as const;

export interface RecordsOptions {
  readonly auditDir?: string;
  readonly clusters?: readonly RecordSource[];
}

/** Adds `east=/audit/east` to those before it. */
export function clusterRecord(text: string, before: readonly RecordSource[] = []): readonly RecordSource[] {
  const [, cluster, directory] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$/.exec(text) ?? [];
  if (cluster === undefined || directory === undefined)
    throw new InvalidArgumentError(`"${text}" is no NAME=DIR, such as east=/audit/east.`);
  if (before.some((one) => one.cluster === cluster))
    throw new InvalidArgumentError(`${cluster} is given twice: each cluster has one record.`);
  return [...before, { cluster, directory }];
}

/** Of one cluster, which needs no name, unless several are given. */
export function recordSources({ auditDir, clusters }: RecordsOptions, { environment }: Io): readonly RecordSource[] {
  return clusters ?? [{ cluster: undefined, directory: auditDir ?? environment.auditDir ?? defaultAuditDir }];
}
