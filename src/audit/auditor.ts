import type { Clock, NativeRequest, Session } from '../adapter/adapter.ts';
import type { WriteContext } from '../core/audit/begun-entry.ts';
import { purposesOf, type Purpose } from '../core/audit/purposes.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { Change } from '../core/model/plan.ts';
import { AuditedSession } from './audited-session.ts';
import type { AuditStore, AuditUnavailable } from './audit-store.ts';
import { Calls } from './calls.ts';
import { PointRecord, type Call } from './point-record.ts';

export interface AuditorDeps {
  readonly store: AuditStore;
  readonly clock: Pick<Clock, 'now'>;
  /** An outcome or a reading could not be recorded. */
  readonly onError: (point: string, error: AuditUnavailable) => void;
}

/** The publication that a worker is about to apply. */
interface Task {
  readonly point: EnforcementPoint;
  readonly version: number;
  readonly ended: ReadonlySet<string>;
}

interface Known {
  readonly record: PointRecord;
  /** By the last desired state, which is kept for later deltas if it is small. */
  purposeOf: WriteContext['purposeOf'];
  /** The point was in sync before, or has records: a full sync is not the first one. */
  hasHistory: boolean;
}

type PurposeOf = WriteContext['purposeOf'];

/** Most rules and groups of a point that are kept in memory between syncs. */
const mostRemembered = 5_000;

/** Keeps the audit record of every point that this process writes to. */
export class Auditor {
  readonly #deps: AuditorDeps;
  readonly #points = new Map<string, Known>();
  readonly #calls = new Calls<Call>();

  constructor(deps: AuditorDeps) {
    this.#deps = deps;
  }

  /** The same session, with each write recorded before it is sent. */
  around(point: string, session: Session): Session {
    return new AuditedSession(session, this.#known(point).record);
  }

  /** A session has sent this request to its device. */
  note(point: string, request: NativeRequest): void {
    this.#known(point).record.note(request);
  }

  /** Is the outcome of a write unknown? Then the device has to be read before anything is sent. */
  hasUnsettled(point: string): Promise<boolean> {
    return this.#known(point).record.hasUnsettled();
  }

  /** Writes from here on are recorded as deltas of this publication. */
  delta(task: Task): void {
    const known = this.#known(task.point.metadata.name);
    known.record.context = this.#context(task, 'delta', known);
  }

  /** Writes made by `send` are recorded as deltas; those beside it and later ones as before. */
  asDelta<T>(task: Task, send: () => Promise<T>): Promise<T> {
    const known = this.#known(task.point.metadata.name);
    return known.record.because(this.#context(task, 'delta', known), send);
  }

  /**
   * Writes from here on are recorded as a full sync.
   *
   * @param reached the device was in this state before: what differs was changed by another client
   */
  async fullSync(task: Task & { readonly desired: DesiredState; readonly reached: boolean }): Promise<void> {
    const { desired, reached, point } = task;
    const known = this.#known(point.metadata.name);
    known.hasHistory ||= await this.#hasRecords(point.metadata.name);
    const path = reached ? 'healing' : known.hasHistory ? 'full' : 'first';
    const purposeOf = purposesWhenAsked(desired);
    known.record.context = this.#context(task, path, { purposeOf: eitherOf(purposeOf, known.purposeOf) });
    const small = desired.rules.length + desired.groups.length <= mostRemembered;
    known.purposeOf = small ? purposeOf : nobody;
  }

  /** Writes from here on remove everything of ours from the device. */
  withdrawal(point: EnforcementPoint): void {
    const known = this.#known(point.metadata.name);
    known.record.context = this.#context({ point, version: 0, ended: new Set() }, 'withdrawal', known);
  }

  /** Writes from here on switch off rules of others, of which ours do the work. */
  adoption(point: EnforcementPoint): void {
    const known = this.#known(point.metadata.name);
    known.record.context = this.#context({ point, version: 0, ended: new Set() }, 'adoption', known);
  }

  /**
   * Records that the device was read and compared with the desired state.
   *
   * @param remaining undefined: it was not read completely
   */
  async read(point: string, objects: number, remaining: readonly Change[] | undefined): Promise<void> {
    if (remaining === undefined && objects === 0) return; // it did not answer
    const known = this.#known(point);
    await known.record.read(objects, remaining);
    known.hasHistory ||= remaining?.length === 0;
  }

  #known(point: string): Known {
    const known = this.#points.get(point);
    if (known !== undefined) return known;
    const { store, onError } = this.#deps;
    const record = new PointRecord(store, point, this.#calls, (error) => onError(point, error));
    const made = { record, purposeOf: nobody, hasHistory: false };
    this.#points.set(point, made);
    return made;
  }

  #context(
    { point, version, ended }: Task,
    path: WriteContext['path'],
    { purposeOf }: Pick<Known, 'purposeOf'>,
  ): Omit<WriteContext, 'idOf'> {
    const isOver = (time: string): boolean => Date.parse(time) <= this.#deps.clock.now();
    return { adapter: point.spec.adapter, version, path, ended, purposeOf, isOver };
  }

  /** A store that cannot be read counts as empty here; the next write reports the error. */
  async #hasRecords(point: string): Promise<boolean> {
    const head = await this.#deps.store.head(point).catch(() => undefined);
    return head !== undefined;
  }
}

const nobody = (): undefined => undefined;

/** Of the rules and groups of one desired state, which is worked out, and let go of, when it is first asked for. */
function purposesWhenAsked(desired: DesiredState): PurposeOf {
  let [state, purposes]: [DesiredState | undefined, ReadonlyMap<string, Purpose>] = [desired, new Map()];
  return (id) => {
    if (state !== undefined) [state, purposes] = [undefined, purposesOf(state)];
    return purposes.get(id);
  };
}

/**
 * The functions of one scope keep each other's values alive, so that these are made apart: otherwise each desired state
 * would keep the one before.
 */
function eitherOf(now: PurposeOf, before: PurposeOf): PurposeOf {
  return (id) => now(id) ?? before(id);
}
