import type { Clock } from '../../adapter/adapter.ts';
import type { Occurrence } from '../../core/status/transitions.ts';
import { asApiError } from '../api-error.ts';
import { collectionPath } from '../client/paths.ts';
import type { ApiClient } from '../client/transport.ts';
import { objectName } from '../../core/text/wording.ts';

/** The object that the event is about. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent: cluster-scoped. */
  readonly namespace?: string;
  readonly uid?: string;
}

/** Of a reason at most 128 characters are kept, of a note at most 1,024 bytes. */
export interface EventDetails extends Occurrence {
  readonly regarding: Regarding;
}

export interface EventRecorderDeps {
  readonly api: ApiClient;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Names this process, at most 128 characters. */
  readonly instance: string;
  readonly report: (message: string) => void;
}

/** Events that one object may have at once; it regains one per `regainMs`. The API server's etcd is not a log. */
const burst = 10;
const regainMs = 60_000;
/** An equal event within this time is not written again. */
const sameWithinMs = 10 * 60_000;
const maxObjects = 10_000;

interface Account {
  tokens: number;
  at: number;
  readonly recorded: Map<string, number>;
}

/** Writes Kubernetes Events (events.k8s.io/v1) on objects, and not too often. */
export class EventRecorder {
  readonly #deps: EventRecorderDeps;
  readonly #accounts = new Map<string, Account>();

  constructor(deps: EventRecorderDeps) {
    this.#deps = deps;
  }

  /** Never rejects: an event that cannot be written is reported and dropped. @returns whether it was written */
  async record(happening: EventDetails): Promise<boolean> {
    if (!this.#admit(happening)) return false;
    // Events about cluster-scoped objects live in `default`, as Kubernetes' own do.
    const namespace = happening.regarding.namespace ?? 'default';
    const path = collectionPath({ apiVersion: 'events.k8s.io/v1', plural: 'events' }, namespace);
    const write = (regarding: Regarding): Promise<unknown> =>
      this.#deps.api.request({ method: 'POST', path, body: this.#body({ ...happening, regarding }, namespace) });
    try {
      // Older API servers do not know that a custom kind is cluster-scoped, and want the event's namespace.
      await write(happening.regarding).catch((error: unknown) => {
        if (asApiError(error).status !== 422) throw error;
        return write({ ...happening.regarding, namespace });
      });
      return true;
    } catch (error) {
      this.#deps.report(
        `an event about ${objectName(happening.regarding)} was not written: ${asApiError(error).message}`,
      );
      return false;
    }
  }

  #body({ regarding, type, reason, action, note }: EventDetails, namespace: string): unknown {
    const { clock, random, instance } = this.#deps;
    const now = clock.now();
    const suffix = `${now.toString(16)}${Math.floor(random() * 0xffffff)
      .toString(16)
      .padStart(6, '0')}`;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: `${regarding.name.slice(0, 200)}.${suffix}`, namespace },
      eventTime: new Date(now).toISOString().replace('Z', '000Z'),
      reportingController: 'postern.dev/controller',
      reportingInstance: instance.slice(0, 128),
      type,
      reason: reason.slice(0, 128),
      action: action.slice(0, 128),
      note: limitBytes(note, 1_024),
      regarding,
    };
  }

  #admit({ regarding, type, reason, note }: EventDetails): boolean {
    const now = this.#deps.clock.elapsed();
    const account = this.#account(objectName(regarding), now);
    const words = `${type} ${reason} ${note}`;
    const before = account.recorded.get(words);
    if (before !== undefined && now - before < sameWithinMs) return false;
    account.tokens = Math.min(burst, account.tokens + (now - account.at) / regainMs);
    account.at = now;
    if (account.tokens < 1) return false;
    account.tokens -= 1;
    for (const [other, at] of account.recorded) if (now - at >= sameWithinMs) account.recorded.delete(other);
    account.recorded.set(words, now);
    return true;
  }

  #account(key: string, now: number): Account {
    const account = this.#accounts.get(key) ?? { tokens: burst, at: now, recorded: new Map<string, number>() };
    // The most recently used stay: a map keeps the order of insertion.
    this.#accounts.delete(key);
    this.#accounts.set(key, account);
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size > maxObjects && oldest !== undefined) this.#accounts.delete(oldest);
    return account;
  }
}

/** Cuts between characters, never within one. */
function limitBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  let kept = text.slice(0, max - 3);
  while (Buffer.byteLength(kept) > max - 3) kept = kept.slice(0, -1);
  return `${kept.replace(/[\ud800-\udbff]$/, '')}…`;
}
