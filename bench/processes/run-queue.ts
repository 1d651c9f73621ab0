import { readFileSync } from 'node:fs';

/**
 * For how long a process was ready to run since it began and others had the processors, in milliseconds: what the load of
 * the machine adds, and nothing that the process does. 0 where the system does not tell, which is everywhere but on Linux.
 */
export function queuedMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6 || 0;
  } catch {
    return 0;
  }
}
