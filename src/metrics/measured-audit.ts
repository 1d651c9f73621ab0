import type { AuditStore } from '../audit/audit-store.ts';

/** The same store; what could not be kept there, or read, is told. */
export function measuredAudit(store: AuditStore, failed: (operation: string) => void): AuditStore {
  const watched = async <T>(operation: string, done: Promise<T>): Promise<T> => {
    try {
      return await done;
    } catch (error) {
      failed(operation);
      throw error;
    }
  };
  return {
    append: (point, entries, durability) => watched('append', store.append(point, entries, durability)),
    unsettled: (point) => watched('unsettled', store.unsettled(point)),
    head: (point) => watched('head', store.head(point)),
    close: () => store.close(),
  };
}
