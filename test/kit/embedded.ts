import { MemoryAuditStore } from '../../src/audit/memory-audit-store.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { startEmbedded, type Embedded, type EmbeddedDeps } from '../../src/compose/embedded.ts';

/** Controller and worker in this process: what is written is read back at once, and devices are checked again after an hour. */
export function anEmbedded({
  clock = systemClock,
  ...given
}: Pick<EmbeddedDeps, 'adapters'> & Partial<EmbeddedDeps>): Embedded {
  return startEmbedded({
    secrets: () => Promise.resolve({}),
    owner: { cluster: 'east' },
    clock,
    random: () => 0,
    readBackAfterMs: 0,
    recheckEveryMs: 3_600_000,
    audit: new MemoryAuditStore(clock),
    report: () => undefined,
    onError: () => undefined,
    ...given,
  });
}
