import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { RedisDesiredStore, type StoreLimits } from '../../src/store/redis-store.ts';
import { RedisOutcomeStore } from '../../src/store/redis-outcome-store.ts';
import { RedisReadingStore } from '../../src/store/redis-reading-store.ts';
import { aRedisRig, type RedisRig } from './redis-rig.ts';
import { startRedis, type RedisServer } from './redis-server.ts';

/** One server for the tests of a block, and for each test an installation of its own with all stores. */
export class RedisStores {
  server!: RedisServer;
  rig!: RedisRig;
  /** What the stores reported in this test. */
  errors: string[] = [];

  constructor() {
    let installations = 0;
    beforeAll(async () => {
      this.server = await startRedis();
    });
    afterAll(() => this.server.stop());
    beforeEach(async () => {
      installations += 1;
      this.errors = [];
      this.rig = await aRedisRig(this.server.config, `t${installations}`);
    });
    afterEach(() => this.rig.end());
  }

  readonly note = (point: string, error: unknown): void =>
    void this.errors.push(`${point}: ${(error as Error).message}`);

  aStore(fence = 1, limits: Partial<StoreLimits> = {}): RedisDesiredStore {
    const { client, keys } = this.rig;
    return new RedisDesiredStore({ client, keys, fence: () => fence, onError: this.note, limits });
  }

  outcomes(more: { readonly lookEveryMs?: number } = {}): RedisOutcomeStore {
    const { client, keys } = this.rig;
    return new RedisOutcomeStore({ ...more, client, patient: () => this.rig.patient(), keys, onError: this.note });
  }

  readings(): RedisReadingStore {
    const { client, keys } = this.rig;
    return new RedisReadingStore({ client, keys, onError: this.note });
  }

  keysOf(): ReturnType<RedisRig['keys']['point']> {
    return this.rig.keys.point('edge');
  }
}
