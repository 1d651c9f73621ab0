import type { Outcome, Session } from '../adapter/adapter.ts';
import type { Capabilities } from '../adapter/capabilities.ts';
import { AdapterError } from '../adapter/errors.ts';
import type { AuditStore } from '../audit/audit-store.ts';
import type { PublishingStore } from '../store/desired-store.ts';
import { update, type Update } from './definitions.ts';
import { ofCapabilities, ofObserved } from './updates.ts';
import type { Propagation } from './propagation.ts';

export interface SessionMeter {
  readonly point: string;
  /** Milliseconds, of a clock that only goes forward. */
  readonly elapsed: () => number;
  readonly record: (updates: readonly Update[]) => void;
  /** The connection has ended: what was known of the device is known no more. */
  readonly closed: () => void;
}

/** The same session; every call is timed and counted, and what it tells of the device is noted. */
export function measuredSession(session: Session, meter: SessionMeter): Session {
  const { point, record } = meter;
  let limits: Capabilities | undefined;
  const [submit, rehearse] = [session.submit?.bind(session), session.rehearse?.bind(session)];
  const [evidence, retire] = [session.evidence?.bind(session), session.retire?.bind(session)];
  const refusal = (outcomes: readonly Outcome[]): AdapterError | undefined =>
    outcomes.find((outcome) => outcome.result === 'error')?.error;
  const measured: EveryMethod = {
    probe: async () => {
      limits = await timed(meter, 'probe', () => session.probe());
      record(ofCapabilities(point, limits));
      return limits;
    },
    observe: async () => {
      const observed = await timed(meter, 'observe', () => session.observe());
      record(ofObserved(point, observed, limits));
      return observed;
    },
    send: (batch, signal) => timed(meter, 'send', () => session.send(batch, signal), refusal),
    submit: submit && ((batch, signal) => timed(meter, 'submit', () => submit(batch, signal), refusal)),
    poll: (handle) => timed(meter, 'poll', () => session.poll(handle)),
    othersWrote: session.othersWrote?.bind(session),
    retire: retire && ((change, signal) => timed(meter, 'retire', () => retire(change, signal))),
    rehearse: rehearse && ((changes, signal) => timed(meter, 'rehearse', () => rehearse(changes, signal))),
    live: () => timed(meter, 'live', () => session.live()),
    evidence: evidence && (() => timed(meter, 'evidence', evidence)),
    close: async () => {
      meter.closed();
      await session.close();
    },
  };
  return measured as Session;
}

/** A method that a session has and this does not is an error of types. */
type EveryMethod = { readonly [K in keyof Required<Session>]: Session[K] | undefined };

/** @param refusal what in the answer is an error all the same */
async function timed<T>(
  { point, elapsed, record }: SessionMeter,
  operation: string,
  call: () => Promise<T>,
  refusal: (answer: T) => AdapterError | undefined = () => undefined,
): Promise<T> {
  const began = elapsed();
  const ended = (result: string): void =>
    record([
      update('postern_device_calls_total', 1, { point, operation, result }),
      update('postern_device_call_duration_seconds', (elapsed() - began) / 1_000, { point, operation }),
    ]);
  try {
    const answer = await call();
    ended(refusal(answer)?.errorClass ?? 'ok');
    return answer;
  } catch (error) {
    ended(error instanceof AdapterError ? error.errorClass : 'transient');
    throw error;
  }
}

/** The same store; what is published there is followed on its way. */
export function measuredStore(store: PublishingStore, propagation: Propagation): PublishingStore {
  return {
    publish: async (publication) => {
      propagation.handed(publication);
      const version = await store.publish(publication);
      propagation.published(publication.point.metadata.name, version);
      return version;
    },
    withdraw: (point) => {
      propagation.forget(point);
      return store.withdraw(point);
    },
    points: () => store.points(),
    distrust: (point) => store.distrust(point),
    compare: () => store.compare(),
  };
}

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
