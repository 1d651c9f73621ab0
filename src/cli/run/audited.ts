import { AdapterError } from '../../adapter/errors.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import { Auditor } from '../../audit/auditor.ts';
import { openAudit, type AuditChoice } from '../../compose/audit.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { openSessions } from '../../inspect/devices.ts';
import type { Intent, IntentOptions } from '../../inspect/intent.ts';
import { lazyObjects } from '../../kube/client/connect.ts';
import type { Sessions } from '../../worker/sessions/sessions.ts';
import type { Io } from '../io.ts';

/** What a command writes to the device of one point, and by whose word. */
interface Writing {
  readonly intent: Intent;
  readonly point: EnforcementPoint;
  readonly options: IntentOptions & AuditChoice;
  readonly io: Io;
  /** Tells the auditor what it is written for. */
  readonly occasion: (auditor: Auditor) => void;
}

/**
 * For a command that writes to a device itself: with sessions whose every write is on record before it is sent, and all of it
 * closed at the end. @throws UsageError with the name of the point where the device does not do it
 */
export async function audited<T>(
  { intent, point, options, io, occasion }: Writing,
  work: (sessions: Sessions) => Promise<T>,
): Promise<T> {
  const onError = (_: string, { message }: Error): void => io.err.write(`postern: ${message}\n`);
  const store = await openAudit(options, io.environment, (message) => io.err.write(`postern: ${message}\n`));
  const auditor = new Auditor({ store, clock: io.clock, onError });
  occasion(auditor);
  const through = { around: auditor.around.bind(auditor), onRequest: auditor.note.bind(auditor) };
  const sessions = openSessions(intent, io, { ...through, kubernetes: lazyObjects(options, undefined) });
  try {
    return await work(sessions);
  } catch (error) {
    if (error instanceof AdapterError) throw new UsageError(`${point.metadata.name}: ${error.message}`);
    throw error;
  } finally {
    await sessions.close();
    await store.close();
  }
}
