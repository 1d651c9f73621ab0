import type { Clock } from '../adapter/adapter.ts';
import { AdapterError, errorPolicy } from '../adapter/errors.ts';
import type { GroupDelta } from '../core/model/desired.ts';
import type { Change } from '../core/model/plan.ts';
import type { Resource } from '../core/model/resource.ts';
import { needsGuard } from '../core/plan/guards.ts';
import type { DesiredStore, News } from '../store/desired-store.ts';
import { carryOut, type CarriedOut } from './carry-out.ts';
import { asAdapterError } from './failure.ts';
import { lowerDeltas, type DeltaCarrier } from './sync-delta.ts';

/** Lets changes of members through to a device that is being read. See docs/decisions/0007. */
export interface Passage<R extends Resource = Resource> {
  /**
   * Reads, and tells beside the answer what was sent meanwhile: of that the answer proves nothing.
   *
   * @throws AdapterError also when not all that was sent arrived: the device may be like anything then, and what is
   *   planned from the reading would take for done what is not
   */
  during<T>(read: () => Promise<T>): Promise<{ readonly answer: T; readonly inFlight: readonly Change<R>[] }>;
  /** The device is not as it was thought to be: from here on nobody is let in, only shut out. */
  narrow(): void;
}

/** What a passage comes to in the end. */
export interface Passed {
  /** The newest version that the device was brought to in passing; undefined: none. */
  readonly version: number | undefined;
  /** Was anything sent? Then it has yet to be read back. */
  readonly used: boolean;
  /** What was sent and nobody was told of. */
  readonly sent: readonly CarriedOut[];
}

/** Nothing passes. */
export const noPassage: Passage<never> & Passed = {
  during: async (read) => ({ answer: await read(), inFlight: [] }),
  narrow: () => undefined,
  version: undefined,
  used: false,
  sent: [],
};

export interface PassageDeps {
  readonly point: string;
  readonly store: Pick<DesiredStore, 'news' | 'acknowledge'>;
  readonly clock: Clock;
  readonly writer: DeltaCarrier;
  /** The device was brought to this version, and nobody doubts it; undefined: it may be like anything. */
  readonly arrivedAt: number | undefined;
  /** When the read-back that is going on was due. */
  readonly readBackAt: number | undefined;
  /** Sends, so that the audit record knows why. */
  readonly onRecord: <T>(news: News, send: () => Promise<T>) => Promise<T>;
  /** Told of what brings the device to a newer version, before that counts as done. */
  readonly report: (version: number, result: CarriedOut) => unknown;
}

/**
 * The passage of one turn at one point. Where the device is known to be at the version before, it is the fast path:
 * everything passes in the order of the phases, is told and acknowledged. Elsewhere only what narrows passes, under the
 * same guard; it is not acknowledged, so that the next turn sees to it again.
 */
export class OpenPassage implements Passage, Passed {
  readonly #deps: PassageDeps;
  /** What the store has up to here has been looked at. */
  #seen: number;
  #inStep: boolean;
  readonly #unexplained: GroupDelta[] = [];
  readonly #inFlight: Change[] = [];
  readonly #sent: CarriedOut[] = [];
  #failure: AdapterError | undefined;
  #version: number | undefined;

  constructor(deps: PassageDeps) {
    this.#deps = deps;
    this.#seen = deps.arrivedAt ?? 0;
    this.#inStep = deps.arrivedAt !== undefined;
  }

  get version(): number | undefined {
    return this.#version;
  }

  get used(): boolean {
    return this.#inFlight.length > 0;
  }

  get sent(): readonly CarriedOut[] {
    return this.#sent;
  }

  narrow(): void {
    this.#inStep = false;
  }

  /** Ends when both have ended: nothing is written to the device after this. */
  async during<T>(read: () => Promise<T>): Promise<{ readonly answer: T; readonly inFlight: readonly Change[] }> {
    const before = this.#inFlight.length;
    const end = new AbortController();
    const passing = this.#attend(end.signal);
    try {
      const answer = await read();
      end.abort();
      await passing;
      if (this.#failure !== undefined) throw replanned(this.#failure);
      return { answer, inFlight: this.#inFlight.slice(before) };
    } finally {
      end.abort();
      await passing;
    }
  }

  async #attend(end: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const began = clock.now();
    while (!end.aborted && this.#failure === undefined) {
      await this.#look();
      await clock.sleep(pauseMs(clock.now() - began), end);
    }
  }

  /** A store that does not answer is asked again; whatever else goes wrong ends it. */
  async #look(): Promise<void> {
    const { store, point } = this.#deps;
    const news = await store.news(point, this.#seen).catch(() => undefined);
    if (news === undefined) return;
    this.#seen = news.version;
    try {
      await this.#pass(news);
    } catch (error) {
      this.#failure = asAdapterError(error);
    }
  }

  async #pass(news: News): Promise<void> {
    const changes = lowerDeltas(this.#admitted(news), this.#deps.writer);
    if (changes === undefined || changes.some(({ op }) => op !== 'members')) {
      this.narrow();
      return;
    }
    // Before they are sent: from here on nobody knows on which side of them a reading is.
    this.#inFlight.push(...changes);
    const { writer, onRecord } = this.#deps;
    const result = changes.length === 0 ? nothing : await onRecord(news, () => carryOut(changes, writer));
    this.#failure = result.error ?? result.setAside[0]?.error;
    if (this.#inStep && this.#failure === undefined) await this.#arrive(news.version, result);
    else this.#sent.push(result);
  }

  /** Of the deltas, what may go out although the device is not read yet. */
  #admitted({ groups, ended, synced, membersOnly, point }: News): readonly GroupDelta[] {
    // What explains a removal is forgotten once it is acknowledged, so it is asked now and not again.
    const isUnexplained = (address: string): boolean => !ended.has(address);
    for (const delta of groups) this.#unexplained.push({ ...delta, removed: delta.removed.filter(isUnexplained) });
    const large = needsGuard(this.#unexplained, nobody);
    this.#inStep &&= membersOnly && synced && !large;
    if (this.#inStep) return groups;
    if (!synced || point.spec.mode !== 'Enforce') return [];
    return groups.map((delta) => narrowing(delta, (address) => !large || ended.has(address)));
  }

  async #arrive(version: number, result: CarriedOut): Promise<void> {
    const { report, store, point, readBackAt } = this.#deps;
    if (result.outcomes.length > 0) await report(version, result);
    await store.acknowledge(point, version, readBackAt);
    this.#version = version;
  }
}

const nobody: ReadonlySet<string> = new Set();
const nothing: CarriedOut = { outcomes: [], setAside: [], nativeCalls: 0 };

/** What would be set aside is left to a sync that has read the device: it sets aside that and does the rest. */
function replanned(failure: AdapterError): AdapterError {
  const { then } = errorPolicy[failure.errorClass];
  return then === 'quarantine' ? new AdapterError('conflict', failure.message) : failure;
}

/** Leaves accepting groups, or joins denying ones. */
function narrowing(delta: GroupDelta, mayLeave: (address: string) => boolean): GroupDelta {
  return delta.role === 'Accept'
    ? { ...delta, added: [], removed: delta.removed.filter(mayLeave) }
    : { ...delta, removed: [] };
}

/** Between two looks into the store: little where reading is quick, and never much of what reading takes anyway. */
function pauseMs(readingForMs: number): number {
  return Math.min(100, 5 + readingForMs / 50);
}
