import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';
import type { Clock } from '../../adapter/adapter.ts';
import { heldBy } from '../../core/addresses/assignment.ts';
import { AssignmentLines } from '../../core/addresses/assignment-lines.ts';
import type { ObjectChange, Pod } from '../../core/model/snapshot.ts';
import { addressFolder, addressSegments, beginOf, nameOfSegment } from './address-files.ts';

export interface AddressRecorderDeps {
  /** The audit directory. */
  readonly directory: string;
  readonly clock: Clock;
  /** Of leadership; keeps the files of two leaders apart. */
  readonly term: number;
  /** Segments that ended longer ago than this are deleted. */
  readonly keepDays: number;
  /** Told once that the record cannot be written, and why, until it can be again. */
  readonly onError: (error: unknown) => void;
}

type Held = ReturnType<typeof heldBy>[number];

const flushEveryMs = 1_000;
const lookEveryMs = 15_000;
const dayMs = 86_400_000;

/** What is kept of a pod that has addresses. */
interface Known {
  readonly uid: string;
  readonly pod: Pod;
  /** Number of the assignment in the segment, by address and network. */
  readonly numbers: Map<string, number>;
}

/**
 * Keeps on record which pod had which address when, in a file beside the audit record. It is no condition for anything:
 * where it cannot be written, that is told, the time is a gap in it, and everything else goes on.
 */
export class AddressRecorder {
  readonly #deps: AddressRecorderDeps;
  readonly #known = new Map<string, Known>();
  #lines: AssignmentLines | undefined;
  #file: FileHandle | undefined;
  #segmentSince = 0;
  #lookedAt = 0;
  #pending: string[] = [];
  #failing = false;

  constructor(deps: AddressRecorderDeps) {
    this.#deps = deps;
  }

  /** Takes changes of pods in; others are passed over. */
  changes(changes: readonly ObjectChange[]): void {
    const now = this.#deps.clock.now();
    for (const change of changes) if (change.kind === 'Pod') this.#pod(change.key, change.object, now);
  }

  /**
   * Writes what there is each second, until the signal aborts.
   *
   * @param sees is every pod known, and is what happens to them seen now? The time without it is a gap in the record
   */
  async run(sees: () => boolean, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    for (;;) {
      if (sees()) await this.flush();
      else await this.lookAway();
      if (signal.aborted) break;
      await clock.sleep(flushEveryMs, signal);
    }
    await this.close();
  }

  /** Ends the segment: nobody knows what happens from now on. What follows starts again with what is held then. */
  async lookAway(): Promise<void> {
    if (this.#lines === undefined) return;
    await this.#write().catch(() => undefined);
    this.#lines = undefined;
    this.#pending = [];
    await this.close();
  }

  #pod(key: string, pod: Pod | undefined, now: number): void {
    const known = this.#known.get(key);
    const held = heldBy(pod);
    // A successor of the same name has nothing of the pod before.
    const isSame = known !== undefined && known.uid === pod?.uid;
    const keys = new Set(held.map(keyOf));
    for (const [held, number] of known?.numbers ?? []) {
      if (isSame && keys.has(held)) continue;
      known?.numbers.delete(held);
      this.#say((lines) => lines.ended(now, number));
    }
    if (pod === undefined || held.length === 0) this.#known.delete(key);
    else this.#hold(key, pod, { held, numbers: isSame ? known.numbers : new Map<string, number>(), now });
  }

  #hold(
    key: string,
    pod: Pod,
    {
      held,
      numbers,
      now,
    }: { readonly held: readonly Held[]; readonly numbers: Map<string, number>; readonly now: number },
  ): void {
    this.#known.set(key, { uid: pod.uid, pod, numbers });
    for (const one of held) {
      if (numbers.has(keyOf(one))) continue;
      const began = this.#lines?.began(now, one.address, one, earliestOf(one, pod, now));
      if (began !== undefined) this.#pending.push(began.lines);
      numbers.set(keyOf(one), began?.number ?? -1);
    }
  }

  #say(line: (lines: AssignmentLines) => string): void {
    if (this.#lines !== undefined) this.#pending.push(line(this.#lines));
  }

  /** Writes what was taken in since the last time. Never rejects. */
  async flush(): Promise<void> {
    const now = this.#deps.clock.now();
    try {
      if (this.#lines === undefined || now - this.#segmentSince >= dayMs) await this.#begin(now);
      else if (now - this.#lookedAt >= lookEveryMs) this.#look(now);
      await this.#write();
      this.#failing = false;
    } catch (error) {
      // What could not be written is a gap: the next segment says anew who has which address.
      this.#lines = undefined;
      this.#pending = [];
      if (!this.#failing) this.#deps.onError(error);
      this.#failing = true;
      await this.close();
    }
  }

  /** Records that the addresses were observed until now. */
  #look(now: number): void {
    this.#say((lines) => lines.looked(now));
    this.#lookedAt = now;
  }

  async #write(): Promise<void> {
    const text = this.#pending.join('');
    if (text === '' || this.#file === undefined) return;
    this.#pending = [];
    await this.#file.appendFile(text);
  }

  /** A segment stands by itself: it begins with everything that is held, so that older ones can be deleted. */
  async #begin(now: number): Promise<void> {
    const { directory, term } = this.#deps;
    this.#look(now);
    await this.#write();
    await this.close();
    // From here to the end without a pause, so that no change falls between what is held and what begins.
    const lines = new AssignmentLines(now);
    this.#pending = [lines.first()];
    for (const { pod, numbers } of this.#known.values()) {
      for (const one of heldBy(pod)) {
        const held = lines.held(one.address, one, earliestOf(one, pod, now));
        numbers.set(keyOf(one), held.number);
        this.#pending.push(held.lines);
      }
    }
    this.#lines = lines;
    this.#segmentSince = now;
    await makeFolder(addressFolder(directory));
    this.#file = await open(join(addressFolder(directory), nameOfSegment(now, term)), 'ax', 0o640);
    await this.#deleteOld(now);
  }

  async #deleteOld(now: number): Promise<void> {
    const { directory, keepDays } = this.#deps;
    const names = await addressSegments(directory);
    // A segment ends where the next one begins.
    const old = names.filter((_, index) => beginOf(names[index + 1] ?? '') < now - keepDays * dayMs);
    for (const name of old) await rm(join(addressFolder(directory), name));
  }

  /** Ends the file. What was taken in since the last flush is not written. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }
}

/** When its node took the pod on; without that, now. An annotation may have said so at any moment since. */
function earliestOf({ network }: Held, { started }: Pod, now: number): number {
  return started === undefined || network !== undefined ? now : Math.min(now, started * 1_000);
}

function keyOf({ address, network = '' }: Held): string {
  return `${address} ${network}`;
}
