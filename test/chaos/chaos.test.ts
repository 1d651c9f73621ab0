import { expect, it } from 'vitest';
import { describeWith } from '../kit/redis-server.ts';
import { Chaos } from './chaos.ts';

/** A few rounds, of other seeds each day; `npm run chaos` runs as many as one likes. */
const seed = Math.floor(Date.now() / 86_400_000) * 1_000;
const budgetMs = 35_000;

describeWith(['redis-server', 'openssl'], 'Whatever goes wrong', () => {
  it('nothing is lost and nobody gets in', async () => {
    const chaos = await Chaos.start(seed % 2_000 === 0);
    try {
      let rounds = 0;
      for (const end = performance.now() + budgetMs; performance.now() < end; rounds += 1)
        await chaos.round(seed + rounds);
      expect(rounds).toBeGreaterThan(0);
    } finally {
      await chaos.stop();
    }
  }, 300_000);
});
