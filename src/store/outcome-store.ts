import { z } from 'zod';
import { pointStates, type Difference, type PointOutcome } from '../core/model/outcome.ts';
import type { Fenced } from '../redis/fencing.ts';
import type { Proxies } from '../core/model/proxies.ts';
import { lossEffects, type Loss } from '../core/model/resource.ts';

/** The last outcome of every point: workers write, the controller follows. */
export interface OutcomeStore extends Fenced<Pick<OutcomeStore, 'record' | 'last'>> {
  /**
   * Ignores an outcome of an older version than the stored one, as of a worker that was suspended. Version 0: not
   * known.
   */
  record(outcome: PointOutcome): Promise<void>;
  last(point: string): Promise<PointOutcome | undefined>;
  forget(point: string): Promise<void>;
  /**
   * Calls the listener with the last outcome of every point and then with each newer one, until `signal` is aborted,
   * and
   * resolves. Of several outcomes in quick succession, only the last may arrive.
   */
  follow(listener: (outcome: PointOutcome) => void, signal: AbortSignal): Promise<void>;
}

export class MemoryOutcomeStore implements OutcomeStore {
  readonly #outcomes = new Map<string, PointOutcome>();
  readonly #listeners = new Set<(outcome: PointOutcome) => void>();

  record(outcome: PointOutcome): Promise<void> {
    const known = this.#outcomes.get(outcome.point)?.version ?? 0;
    if (outcome.version === 0 || outcome.version >= known) {
      this.#outcomes.set(outcome.point, outcome);
      for (const listener of this.#listeners) listener(outcome);
    }
    return Promise.resolve();
  }

  under(): this {
    return this;
  }

  last(point: string): Promise<PointOutcome | undefined> {
    return Promise.resolve(this.#outcomes.get(point));
  }

  forget(point: string): Promise<void> {
    this.#outcomes.delete(point);
    return Promise.resolve();
  }

  async follow(listener: (outcome: PointOutcome) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    for (const outcome of this.#outcomes.values()) listener(outcome);
    this.#listeners.add(listener);
    await new Promise<void>((resolve) => {
      const stop = (): void => {
        this.#listeners.delete(listener);
        resolve();
      };
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}

export const lossSchema: z.ZodType<Loss> = z.object({
  effect: z.enum(lossEffects),
  id: z.string(),
  /** A newer worker may know codes that are not in this version. */
  code: z.custom<Loss['code']>((value) => typeof value === 'string'),
  message: z.string(),
});

const differenceSchema: z.ZodType<Difference> = z.object({
  what: z.enum(['missing', 'unexpected', 'changed', 'members', 'order']),
  kind: z.string(),
  name: z.string(),
  field: z.string(),
  desired: z.json(),
  found: z.json(),
});

const proxiesSchema: z.ZodType<Proxies> = z.object({
  by: z.record(z.string(), z.object({ pods: z.number(), current: z.number() })),
  behind: z.array(
    z.object({ of: z.string(), pod: z.string(), reason: z.string(), past: z.literal(true).exactOptional() }),
  ),
});

/** Every field that a worker tells: one that is missing here is an error of types, and would never reach the controller. */
const outcomeFields = {
  point: z.string(),
  version: z.number(),
  at: z.string(),
  state: z.enum(pointStates),
  /** A newer worker may know reasons that are not in this version. */
  reason: z.custom<PointOutcome['reason']>((value) => typeof value === 'string'),
  message: z.string(),
  rules: z.number(),
  addresses: z.number(),
  losses: z.array(lossSchema),
  refused: z.array(z.object({ id: z.string(), message: z.string() })),
  programmedRules: z.string(),
  lastSyncTime: z.string(),
  liveSince: z.string(),
  place: z.string().exactOptional(),
  vantage: z.string().exactOptional(),
  readBackVersion: z.number().exactOptional(),
  rulesThere: z.number().exactOptional(),
  differing: z.array(z.string()).exactOptional(),
  waiting: z.array(z.object({ id: z.string(), message: z.string(), partly: z.boolean() })).exactOptional(),
  drift: z
    .object({ at: z.string(), healed: z.boolean(), count: z.number(), differences: z.array(differenceSchema) })
    .exactOptional(),
  deviceVersion: z.string().exactOptional(),
  unseen: z.literal(true).exactOptional(),
  held: z.array(z.object({ namespace: z.string(), members: z.array(z.string()) })).exactOptional(),
  proxies: proxiesSchema.exactOptional(),
} satisfies Record<keyof PointOutcome, z.ZodType>;

/** A newer worker may say more than this knows: that is left out, and the rest counts. */
export const pointOutcomeSchema: z.ZodType<PointOutcome> = z.object(outcomeFields);
