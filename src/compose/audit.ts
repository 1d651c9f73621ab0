import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { AuditStore } from '../audit/audit-store.ts';
import { FileAuditStore } from '../audit/files/file-audit-store.ts';
import { MemoryAuditStore } from '../audit/memory-audit-store.ts';
import { defaultAuditDir } from './choices.ts';
import { systemClock } from './clock.ts';
import type { Environment } from './environment.ts';

export interface AuditChoice {
  /** Where the audit record is kept; absent: POSTERN_AUDIT_DIR, or `postern-audit` in the working directory. */
  readonly auditDir?: string | undefined;
}

/**
 * The audit record of a process that writes to devices. A directory that was named is the one, come what may: as long as
 * nothing can be kept there, nothing is written to a device. Unless one was named, and where the working directory
 * cannot be written, the record is in memory, and `warn` is told.
 */
export async function openAudit(
  choice: AuditChoice,
  environment: Environment,
  warn: (message: string) => void,
): Promise<AuditStore> {
  const directory = await auditDirectory(choice, environment);
  if (directory !== undefined) return new FileAuditStore({ directory, clock: systemClock });
  warn(`${noDirectory}, so that the audit record is kept in memory and ends with this process`);
  return new MemoryAuditStore(systemClock);
}

const noDirectory = 'no --audit-dir is given, and the working directory cannot be written';

/** Undefined: none was named, and the working directory cannot be written. */
export async function auditDirectory({ auditDir }: AuditChoice, environment: Environment): Promise<string | undefined> {
  const named = auditDir ?? environment.auditDir;
  if (named !== undefined) return named;
  const directory = resolve(defaultAuditDir);
  return (await isWritable(directory)) || (await isWritable(dirname(directory))) ? directory : undefined;
}

function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}
