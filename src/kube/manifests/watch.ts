import { watch } from 'node:fs';
import type { Clock } from '../../adapter/adapter.ts';
import { canonical } from '../../core/model/json.ts';
import { ManifestDirectory, type Scan } from './directory.ts';
import type { Secret } from '../kinds/secret.ts';

/** What changed, and everything that is wrong. */
export interface ManifestNews extends Pick<Scan, 'changes' | 'problems' | 'complete'> {
  /** The Secrets that changed. */
  readonly renewed: ReadonlySet<string>;
}

/** Called whenever something differs; the first time with all objects. */
export type OnManifestChange = (news: ManifestNews) => void | Promise<void>;

export interface WatchDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Wait after a file was touched, in milliseconds, because editors and sync tools touch several. */
  readonly settleMs?: number;
  /** Scan this often in any case, in milliseconds, because file systems lose notifications. */
  readonly rescanEveryMs?: number;
}

export interface ManifestWatch {
  /** The Secrets as last read. */
  secrets(): readonly Secret[];
  /** Resolves when the watch has ended after the signal. */
  readonly ended: Promise<void>;
}

/** Watches a directory of manifests as if it were a cluster. Resolves when the first scan has been delivered. */
export async function watchManifests(
  directory: string,
  onChange: OnManifestChange,
  { clock, signal, settleMs = 100, rescanEveryMs = 5_000 }: WatchDeps,
): Promise<ManifestWatch> {
  const manifests = new ManifestDirectory(directory);
  const notifications = new FileNotifications(directory, signal);
  let secrets: readonly Secret[] = [];
  let reported: string | undefined;
  const scan = async (): Promise<void> => {
    const found = await manifests.scan();
    const renewed = differing(secrets, found.secrets);
    secrets = found.secrets;
    const problems = JSON.stringify(found.problems);
    if (found.changes.length === 0 && renewed.size === 0 && problems === reported) return;
    reported = problems;
    await onChange({ ...found, renewed });
  };
  const isOver = (): boolean => signal.aborted;
  const follow = async (): Promise<void> => {
    while (!isOver()) {
      await Promise.race([notifications.next(), clock.sleep(rescanEveryMs, signal)]);
      await clock.sleep(settleMs, signal);
      if (!isOver()) await scan();
    }
  };
  await scan();
  return { secrets: () => secrets, ended: follow() };
}

/** Names of Secrets that were added, removed or changed. */
function differing(before: readonly Secret[], after: readonly Secret[]): ReadonlySet<string> {
  const [was, is] = [new Set(before.map(canonical)), new Set(after.map(canonical))];
  const gone = before.filter((secret) => !is.has(canonical(secret)));
  const come = after.filter((secret) => !was.has(canonical(secret)));
  return new Set([...gone, ...come].map(({ name }) => name));
}

/** Notifications of the file system. What it does not report is found by the regular scan. */
class FileNotifications {
  #resolve: (() => void) | undefined;
  #pending = false;

  constructor(directory: string, signal: AbortSignal) {
    signal.addEventListener('abort', () => this.#notify(), { once: true });
    try {
      watch(directory, { recursive: true, signal }, () => this.#notify()).on('error', () => this.#notify());
    } catch {
      // Without notifications (no such directory yet, or no inotify watches left) only the regular scan remains.
    }
  }

  /** Resolves at the next notification, or at once if there was one since the last call. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#pending) this.#notify();
    });
  }

  #notify(): void {
    this.#pending = this.#resolve === undefined;
    this.#resolve?.();
    this.#resolve = undefined;
  }
}
