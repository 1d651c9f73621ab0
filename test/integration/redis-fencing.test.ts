import { expect, it } from 'vitest';
import { nothingDesired } from '../../src/core/model/desired.ts';
import type { Fenced } from '../../src/redis/fencing.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import { aPublication } from '../kit/desired-store-contract.ts';
import { anOutcome } from '../kit/outcome-store-contract.ts';
import { aReading } from '../kit/reading-store-contract.ts';
import { describeWith } from '../kit/redis-server.ts';
import { RedisStores } from '../kit/redis-stores.ts';

describeWith(['redis-server'], 'Of a worker whose lease was given to another one', () => {
  const redis = new RedisStores();
  const pending = { operations: [], refused: [], seen: 0, membersOnly: false };
  /** The stores of two workers, of which the second was given the lease after the first. */
  const stores = async <Store>(store: Fenced<Store>): Promise<readonly [late: Store, young: Store]> => {
    const tokens: number[] = [];
    for (let count = 0; count < 2; count += 1) {
      const lease = await new RedisPointLeases(redis.rig.client, redis.rig.keys).acquire('edge');
      tokens.push(lease!.token);
      await lease!.release();
    }
    return [store.under(tokens[0]!), store.under(tokens[1]!)];
  };

  it('is taken neither what the device has nor what it is at work on, and that it is to be read is', async () => {
    const [late, young] = await stores(redis.aStore());
    await redis.aStore().publish(aPublication(['10.0.0.1']));
    const { version } = (await young.take('edge'))!;
    await late.acknowledge('edge', version);
    expect(await young.take('edge')).toMatchObject({ acknowledged: 0 });
    await young.acknowledge('edge', version, performance.now() + 3_600_000);
    await late.acknowledge('edge', version);
    await late.keepPending('edge', pending);
    const work = await young.take('edge');
    expect([(work?.readBackDueAt ?? 0) > performance.now(), work?.pending]).toEqual([true, undefined]);
    await young.keepPending('edge', pending);
    await late.keepPending('edge', undefined);
    expect(await young.take('edge')).toMatchObject({ pending });
    await young.keepPending('edge', undefined);
    await late.distrust('edge');
    expect((await young.take('edge'))?.deltas).toBeUndefined();
  });

  it('is taken no outcome, of whatever version, once the other one has told one', async () => {
    const [late, young] = await stores(redis.outcomes());
    await late.record(anOutcome());
    await young.record(anOutcome({ state: 'failed' }));
    await late.record(anOutcome({ version: 2 }));
    await late.record(anOutcome({ version: 0 }));
    expect(await young.last('edge')).toEqual(anOutcome({ state: 'failed' }));
    await young.record(anOutcome());
    expect(await young.last('edge')).toEqual(anOutcome());
  });

  it('is taken no reading, nor what was in force, nor that there is none', async () => {
    const [late, young] = await stores(redis.readings());
    const inForce = nothingDesired('edge');
    await late.keep(aReading());
    await late.keepInForce('edge', inForce);
    expect([await young.last('edge'), await young.inForce('edge')]).toEqual([undefined, undefined]);
    await young.keep(aReading());
    await young.keepInForce('edge', inForce);
    await late.keep(aReading({ resources: [] }));
    await late.forget('edge');
    await late.forgetInForce('edge');
    expect([await young.last('edge'), await young.inForce('edge')]).toEqual([aReading(), inForce]);
  });
});
