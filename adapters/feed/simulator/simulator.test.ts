import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SimulatedFlow, Simulator } from '../../../kit/simulator/simulator.ts';
import { aDocument, ask, passwords, startServed, type Served } from '../testing/served.ts';
import { FeedConsumer } from './consumer.ts';
import { startFeedConsumer } from './simulator.ts';

const rules = JSON.stringify({
  rules: [
    {
      name: 'r',
      action: 'Accept',
      sources: ['lists/pn-a.txt'],
      destinations: { addresses: 'rules/r.ip.txt', domains: 'rules/r.domain.txt', urls: 'rules/r.url.txt' },
      ports: [],
    },
  ],
});
const flow = { src: '10.0.0.1', dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;

function having(kind: string): FeedConsumer {
  const consumer = new FeedConsumer(kind);
  consumer.take('rules.json', { status: 200, body: rules });
  consumer.take('lists/pn-a.txt', { status: 200, body: '10.0.0.1\n', etag: '"1"' });
  consumer.take('rules/r.ip.txt', { status: 200, body: '203.0.113.0/24\n' });
  return consumer;
}

describe('a consumer', () => {
  it.each(['pan-os', 'fortigate', 'cisco', 'check-point-network-feed', 'generic'])(
    '%s goes on with what it had when it is answered 304, 404, 500, 503, a redirect, or nothing',
    (kind) => {
      const consumer = having(kind);
      for (const status of [304, 404, 500, 503, 302, 0])
        consumer.take('lists/pn-a.txt', { status, body: status === 304 ? '' : '<html></html>' });
      expect([consumer.verdict(flow).action, consumer.etagOf('lists/pn-a.txt')]).toEqual(['Accept', '"1"']);
    },
  );

  it('of PAN-OS no longer enforces a list whose server refuses its credential; others go on', () => {
    const actions = ['pan-os', 'fortigate', 'generic'].map((kind) => {
      const consumer = having(kind);
      consumer.take('lists/pn-a.txt', { status: 401, body: '' });
      return consumer.verdict(flow).action;
    });
    expect(actions).toEqual(['Deny', 'Accept', 'Accept']);
  });

  it('of Cisco or Check Point goes on with what it had of an empty list or garbage: that is why no list is ever empty', () => {
    for (const [kind, expected] of [
      ['cisco', 'Accept'],
      ['check-point-network-feed', 'Accept'],
      ['fortigate', 'Deny'],
    ] as const) {
      for (const body of ['', '<html>please log in</html>']) {
        const consumer = having(kind);
        consumer.take('lists/pn-a.txt', { status: 200, body });
        expect([kind, body, consumer.verdict(flow).action]).toEqual([kind, body, expected]);
      }
      const consumer = having(kind);
      consumer.take('lists/pn-a.txt', { status: 200, body: '255.255.255.255\n' });
      expect(consumer.verdict(flow).action).toBe('Deny');
    }
  });

  it('leaves out without a word what it has no room for', () => {
    const consumer = having('fortigate');
    const entries = Array.from({ length: 131_073 }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
    consumer.take('lists/pn-a.txt', { status: 200, body: entries.join('\n') });
    expect(consumer.dump()['lists/pn-a.txt']).toHaveLength(131_072);
    expect(consumer.verdict({ ...flow, src: entries.at(-1) ?? '' }).action).toBe('Deny');
  });

  it('decides by names as its kind can', () => {
    const named = (kind: string): string => {
      const consumer = having(kind);
      consumer.take('rules/r.domain.txt', { status: 200, body: '*.example.com\n' });
      consumer.take('rules/r.url.txt', { status: 200, body: '*.example.com/\n' });
      const hosts = ['www.example.com', 'example.com', 'www.example.com.evil.test'];
      return hosts.map((host) => consumer.verdict({ src: '10.0.0.1', host, port: 443, protocol: 'TCP' }).action).join();
    };
    expect(['pan-os', 'generic', 'fortigate'].map(named)).toEqual([
      'Accept,Deny,Deny',
      'Accept,Deny,Deny',
      'Deny,Deny,Deny',
    ]);
  });
});

describe('a consumer and the server', () => {
  let served: Served;
  let consumer: Simulator;
  beforeEach(async () => {
    served = await startServed();
  });
  afterEach(async () => {
    await consumer.close();
    await served.end();
  });

  async function configured(version: string, credential: object): Promise<void> {
    consumer = await startFeedConsumer({ port: 0, version });
    const body = JSON.stringify({ url: `${served.server.url}/edge`, ca: served.ca, ...credential });
    expect((await post('PUT', '/feed', body)).status).toBe(200);
  }

  async function post(method: string, path: string, body = ''): Promise<{ status: number; body: string }> {
    const answer = await ask({ server: consumer, ca: consumer.ca }, path, { method, body });
    return { status: answer.status, body: answer.body.toString() };
  }

  async function fetched(): Promise<Record<string, number>> {
    await post('POST', '/refresh');
    let statuses: Record<string, number> = {};
    await vi.waitFor(async () => {
      const told = JSON.parse((await post('GET', '/lists')).body) as { fetching: boolean; statuses: typeof statuses };
      expect(told.fetching).toBe(false);
      ({ statuses } = told);
    }, 40_000);
    return statuses;
  }

  const permitted = (given: Partial<SimulatedFlow> = {}): string => consumer.verdict({ ...flow, ...given }).action;

  it.each([
    ['pan-os', { username: 'pan-1', password: passwords.pan }],
    ['check-point', { token: passwords.token }],
  ])(
    'agree: %s permits what was published, keeps it while nothing is known, and takes in what is withdrawn',
    async (kind, credential) => {
      await configured(kind, credential);
      expect(Object.values(await fetched())).toContain(503);
      expect(permitted()).toBe('Deny');
      await served.publish(aDocument());
      await vi.waitFor(async () => {
        await fetched();
        expect(permitted()).toBe('Accept');
      }, 40_000);
      expect(permitted({ src: '10.0.0.9' })).toBe('Deny');
      expect(new Set(Object.values(await fetched()))).toEqual(new Set([304]));
      const [list] = aDocument().lists;
      await served.publish(aDocument({ revision: 2, lists: [{ ...list!, entries: '' }] }));
      await vi.waitFor(async () => {
        await fetched();
        expect(permitted()).toBe('Deny');
      }, 40_000);
    },
  );

  it('do not agree with the wrong password: that is told, and nothing else is', async () => {
    await configured('generic', { username: 'pan-1', password: 'wrong-password' });
    await served.publish(aDocument());
    expect(await fetched()).toEqual({ 'rules.json': 401 });
    expect(served.troubles.join()).toContain('showed no credential that is known');
    expect(served.troubles.join()).not.toContain('wrong-password');
  });

  it('come no more often than the device can', async () => {
    consumer = await startFeedConsumer({ port: 0, version: 'cisco' });
    const { status, body } = await post(
      'PUT',
      '/feed',
      JSON.stringify({ url: served.server.url, intervalSeconds: 60 }),
    );
    expect([status, body]).toEqual([400, expect.stringContaining('cisco fetches every 1800 seconds at most')]);
    await expect(startFeedConsumer({ port: 0, version: 'sonicwall' })).rejects.toThrow('choose one of: pan-os');
  });
});
