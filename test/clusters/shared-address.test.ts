import { describe, expect, it } from 'vitest';
import { edge, intent, why } from './asked.ts';

/* Of two pods that claim one address the newer has it, as far as anything says which that is. */

const pod = (name: string, created: string, ...addresses: readonly string[]): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: web }, creationTimestamp: '${created}' }
spec: { serviceAccountName: web, nodeName: n1 }
status: { phase: Running, podIPs: [${addresses.map((ip) => `{ ip: '${ip}' }`).join(', ')}] }`;

const newer = pod('newer', '2026-01-02T00:00:00Z', '10.20.1.11');

describe('why, of an address that two pods claim', () => {
  it.each(['203.0.113.7:443', 'example.com:443'])(
    'does not know for %s of a pod that has an address of the other family to itself',
    async (to) => {
      const older = pod('older', '2026-01-01T00:00:00Z', '10.20.1.11', 'fd00::11');
      const { layers } = await why('shop/older', to, older, newer, intent, edge());
      expect(layers).toContainEqual(
        expect.objectContaining({
          verdict: 'Unknown',
          reason: expect.stringContaining('10.20.1.11 is also claimed by pod shop/newer') as string,
        }),
      );
    },
  );

  it('calls neither newer that was made in the same second', async () => {
    const same = pod('same', '2026-01-02T00:00:00Z', '10.20.1.11');
    for (const name of ['newer', 'same']) {
      const { layers } = await why(`shop/${name}`, '203.0.113.7:443', newer, same, intent, edge());
      const source = layers.find(({ layer }) => layer === 'source');
      expect(source?.reason).toMatch(/assumed to (own it|be its own).* though nothing says which/);
    }
  });
});
