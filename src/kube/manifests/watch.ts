import { watch } from 'node:fs';
import type { Clock } from '../../adapter/adapter.ts';
import { canonical } from '../../core/model/json.ts';
import type { Problem } from '../../core/model/problem.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import { ManifestDirectory } from './directory.ts';
import type { Secret } from '../kinds/secret.ts';

/**
 * Told what is different and everything that is wrong, whenever either changes; the first time with all there is.
 * `renewed` names the Secrets that are different.
 */
export type OnManifestChange = (
  changes: readonly ObjectChange[],
  problems: readonly Problem[],
  renewed: ReadonlySet<string>,
) => void | Promise<void>;

export interface WatchDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Files are looked at this long after one was touched, in milliseconds: editors and syncers touch several. */
  readonly settleMs?: number;
  /** And this often in any case, in milliseconds: file systems lose notifications. */
  readonly rescanEveryMs?: number;
}

export interface ManifestWatch {
  /** As last read. */
  secrets(): readonly Secret[];
  /** Resolves when the watch has ended, after the signal. */
  readonly ended: Promise<void>;
}

/** Follows a directory of manifests as if it were a cluster. Resolves when the first reading has been delivered. */
export async function watchManifests(
  directory: string,
  onChange: OnManifestChange,
  { clock, signal, settleMs = 100, rescanEveryMs = 5_000 }: WatchDeps,
): Promise<ManifestWatch> {
  const folder = new ManifestDirectory(directory);
  const touched = new Touches(directory, signal);
  let secrets: readonly Secret[] = [];
  let told: string | undefined;
  const look = async (): Promise<void> => {
    const scan = await folder.scan();
    const renewed = differing(secrets, scan.secrets);
    secrets = scan.secrets;
    const problems = JSON.stringify(scan.problems);
    if (scan.changes.length === 0 && renewed.size === 0 && problems === told) return;
    told = problems;
    await onChange(scan.changes, scan.problems, renewed);
  };
  const isOver = (): boolean => signal.aborted;
  const follow = async (): Promise<void> => {
    while (!isOver()) {
      await Promise.race([touched.next(), clock.sleep(rescanEveryMs, signal)]);
      await clock.sleep(settleMs, signal);
      if (!isOver()) await look();
    }
  };
  await look();
  return { secrets: () => secrets, ended: follow() };
}

/** Names of Secrets that came, went or changed. */
function differing(before: readonly Secret[], after: readonly Secret[]): ReadonlySet<string> {
  const [was, is] = [new Set(before.map(canonical)), new Set(after.map(canonical))];
  const gone = before.filter((secret) => !is.has(canonical(secret)));
  const come = after.filter((secret) => !was.has(canonical(secret)));
  return new Set([...gone, ...come].map(({ name }) => name));
}

/** Notifications of the file system, as far as it gives any; what it does not tell is found by looking again. */
class Touches {
  #resolve: (() => void) | undefined;
  #pending = false;

  constructor(directory: string, signal: AbortSignal) {
    signal.addEventListener('abort', () => this.#touch(), { once: true });
    try {
      watch(directory, { recursive: true, signal }, () => this.#touch()).on('error', () => this.#touch());
    } catch {
      // Without notifications (the directory is not there yet, or no watches are left) the regular look has to do.
    }
  }

  /** Resolves at the next touch, or at once when there was one since. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#pending) this.#touch();
    });
  }

  #touch(): void {
    this.#pending = this.#resolve === undefined;
    this.#resolve?.();
    this.#resolve = undefined;
  }
}
