import { expect, it } from 'vitest';
import { describeWith } from '../kit/redis-server.ts';
import { Chaos } from './chaos.ts';

/** A few rounds, always the same; `npm run chaos` runs as many others as one likes. */
const seed = 7_000;
const budgetMs = 35_000;

describeWith(['redis-server', 'openssl'], 'Whatever goes wrong', () => {
  it('nothing is lost and nobody gets in', async () => {
    const chaos = await Chaos.start(true);
    try {
      let rounds = 0;
      for (const end = performance.now() + budgetMs; performance.now() < end; rounds += 1)
        await chaos.round(seed + rounds);
      expect(rounds).toBeGreaterThan(0);
    } finally {
      await chaos.stop();
    }
  }, 900_000);
});
