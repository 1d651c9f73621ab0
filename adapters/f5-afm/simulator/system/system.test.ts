import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { F5AfmOptions } from '../simulator.ts';
import type { Answer } from '../../../../kit/simulator/testing/https.ts';
import { items, outcome, startBench, transactionIn, type Bench } from '../testing/client.ts';

let bench: Bench;
let now = Date.UTC(2026, 0, 5, 12);
const open = async (options: Partial<F5AfmOptions> = {}): Promise<Bench> => {
  bench = await startBench({ now: () => now, ...options });
  return bench;
};
afterEach(() => bench.close());

const flow = { src: '10.0.0.1', dst: '192.0.2.1', port: 443, protocol: 'TCP' } as const;
const rule = (name: string): JsonObject => ({ name, action: 'accept-decisively' });
const entriesIn = (body: JsonObject): JsonObject => {
  const [first] = Object.values(body['entries'] as Readonly<Record<string, JsonObject>>);
  return (first?.['nestedStats'] as JsonObject)['entries'] as JsonObject;
};
const described = async (path: string, name: string): Promise<unknown> =>
  (entriesIn((await bench.get(path)).body)[name] as JsonObject)['description'];

/** A policy that lets everything through, bound globally. */
async function letThrough(name: string): Promise<void> {
  await bench.post('security/firewall/policy', { name, rules: [rule(name)] });
  await bench.patch('security/firewall/global-rules', { enforcedPolicy: `/Common/${name}` });
}

describe('the rule compiler', () => {
  const path = 'security/firewall/current-state/stats';
  const state = async (): Promise<readonly unknown[]> => [
    await described(path, 'pccdStatus'),
    await described(path, 'ruleDeployEndTimeFmt'),
    bench.sim.verdict(flow).rule,
  ];

  it('puts into force what was written only when it has ended, and starts again for what came meanwhile', async () => {
    now = Date.UTC(2026, 0, 5, 12);
    await open({ compileMs: 5_000 });
    await letThrough('one');
    expect(await state()).toEqual(['compiling', 'Jan 05 2026 12:00:00-0000', 'implicit']);
    now += 4_999;
    await bench.post('security/firewall/policy/one/rules', { ...rule('two'), placeBefore: 'first' });
    expect((await state())[2]).toBe('implicit');
    now += 1;
    // The first run began with the policy, before it was bound.
    expect(await state()).toEqual(['compiling', 'Jan 05 2026 12:00:05-0000', 'implicit']);
    now += 5_000;
    expect(await state()).toEqual(['quiescent', 'Jan 05 2026 12:00:10-0000', 'two']);
  });

  it('takes no time unless told so', async () => {
    await open();
    await letThrough('one');
    expect((await state()).filter((_, index) => index !== 1)).toEqual(['quiescent', 'one']);
  });
});

describe('the firewall module', () => {
  it.each([[{}, 'nominal'] as const, [{ afm: 'none' }, 'none'] as const])(
    'is told with %o: %s',
    async (options, level) => {
      await open(options);
      const { status, body } = await bench.get('sys/provision/afm');
      expect([status, body]).toEqual([
        200,
        {
          ...{ kind: 'tm:sys:provision:provisionstate', name: 'afm', fullPath: 'afm', generation: 1 },
          selfLink: 'https://localhost/mgmt/tm/sys/provision/afm?ver=17.1.1',
          ...{ cpuRatio: 0, diskRatio: 0, level, memoryRatio: 0 },
        },
      ]);
    },
  );
});

describe('saving', () => {
  it('is what a reboot leaves: the rest is gone, and so are tokens and transactions', async () => {
    await open();
    await letThrough('one');
    const saved = await bench.post('sys/config', { command: 'save' });
    expect(saved.body).toEqual({ kind: 'tm:sys:config:savestate', command: 'save' });
    const before = bench.sim.dump();
    await bench.post('security/firewall/policy', { name: 'unsaved' });
    const token = await bench.login();
    const id = transactionIn(await bench.post('transaction', {}));
    expect((await bench.post('sys', { command: 'reboot' })).status).toBe(200);
    expect(bench.sim.dump()).toEqual(before);
    expect((await bench.call('GET', 'sys', { as: token })).status).toBe(401);
    expect((await bench.get(`transaction/${id}`)).status).toBe(404);
  });

  it('knows no other commands', async () => {
    await open();
    expect((await bench.post('sys/config', { command: 'erase' })).status).toBe(400);
    expect((await bench.post('sys/config', {})).status).toBe(400);
  });

  it('comes back after a while, first as a page, then as a framework without its configuration', async () => {
    await open({ bootMs: 60_000 });
    bench.sim.reboot();
    const restarting = await bench.get('sys');
    expect([restarting.status, restarting.headers['content-type']]).toEqual([503, 'text/html']);
    expect(restarting.text).toContain('Configuration Utility restarting...');
    now += 30_000;
    expect(outcome(await bench.get('sys'))).toEqual([404, 'Public URI path not registered: /tm/sys', '']);
    now += 30_000;
    expect((await bench.get('sys')).status).toBe(200);
  });
});

describe('a pair', () => {
  const status = (): Promise<unknown> => described('cm/sync-status', 'status');

  it('has changes pending until they are brought over, to a group that exists', async () => {
    await open({ ha: { group: 'pair', autoSync: false } });
    expect(await status()).toBe('In Sync');
    await letThrough('one');
    expect(await status()).toBe('Changes Pending');
    const sync = (group: string): Promise<Answer> =>
      bench.post('cm', { command: 'run', utilCmdArgs: `config-sync to-group ${group}` });
    expect(outcome(await sync('other'))).toEqual([
      400,
      '01070734:3: Configuration error: Device group (other) not found in device group sync',
      3,
    ]);
    expect((await sync('pair')).body['kind']).toBe('tm:cm:runstate');
    expect(await status()).toBe('In Sync');
  });

  it('synchronizes itself where told to, and changes its active device', async () => {
    await open({ ha: { group: 'pair', autoSync: true } });
    await letThrough('one');
    expect(await status()).toBe('In Sync');
    const states = async (): Promise<readonly unknown[]> =>
      items(await bench.get('cm/device')).map(({ selfDevice, failoverState }) => [selfDevice, failoverState]);
    expect(await states()).toEqual([
      ['true', 'active'],
      ['false', 'standby'],
    ]);
    bench.sim.failover();
    expect(await states()).toEqual([
      ['true', 'standby'],
      ['false', 'active'],
    ]);
  });

  it('is none where a device stands alone', async () => {
    await open();
    expect([await status(), items(await bench.get('cm/device'))]).toMatchObject([
      'Standalone',
      [{ selfDevice: 'true' }],
    ]);
  });
});

describe('the declarative extension', () => {
  const declare = (tenant = ''): Promise<Answer> => bench.get(`/mgmt/shared/appsvcs/declare/${tenant}`);

  it('is not there unless it is installed', async () => {
    await open();
    expect(outcome(await declare())).toEqual([404, 'Public URI path not registered: /shared/appsvcs/declare', '']);
  });

  it('tells which partitions are its own', async () => {
    await open({ as3Tenants: ['T'] });
    expect((await declare('T')).body).toMatchObject({ class: 'ADC', T: { class: 'Tenant' } });
    expect((await declare('U')).status).toBe(404);
    expect((await bench.get('/mgmt/shared/appsvcs/info')).body['version']).toBe('3.56.0');
  });

  it('may have none', async () => {
    await open({ as3Tenants: [] });
    expect((await declare()).status).toBe(204);
  });
});

describe('trouble', () => {
  it('looks as it does on a device', async () => {
    await open();
    const seen = [];
    for (const status of [401, 404, 500, 503, 504]) {
      bench.sim.fault({ kind: 'error-before', status });
      const answer = await bench.get('sys');
      seen.push([answer.status, answer.body['message'] ?? answer.text.replace(/^.*<h1>|<\/h1>.*$/gs, '')]);
    }
    expect(seen).toEqual([
      [401, 'Authorization failed: no user authentication header or token detected.'],
      [404, expect.stringContaining('wait for /available suffix to be responsive.')],
      [500, 'The connection to mcpd has been lost, try again.'],
      [503, 'Configuration Utility restarting...'],
      [500, 'HTTP ERROR 500 AsyncContext timeout'],
    ]);
    bench.sim.fault({ kind: 'throttle' });
    const busy = await bench.get('sys');
    expect([busy.status, busy.headers['retry-after']]).toEqual([503, '2']);
  });

  it('is also a promise that is not kept', async () => {
    await open();
    bench.sim.postpone(1);
    const list = { name: 'a', addresses: [{ name: '10.0.0.1' }] };
    const put = await bench.post('security/firewall/address-list', list);
    expect([put.status, put.body['message']]).toEqual([202, 'Task will execute asynchronously.']);
    expect(bench.sim.dump()).toEqual({});
    expect((await bench.post('security/firewall/address-list', list)).status).toBe(200);
  });

  it('is an object that nobody may write, in a transaction too', async () => {
    await open();
    bench.sim.refuse('a');
    const list = { name: 'a', addresses: [{ name: '10.0.0.1' }] };
    expect((await bench.post('security/firewall/address-list', list)).status).toBe(400);
    const id = transactionIn(await bench.post('transaction', {}));
    const headers = { 'X-F5-REST-Coordination-Id': id };
    const added = await bench.call('POST', 'security/firewall/address-list', { headers, body: list });
    expect(added.status).toBe(200);
    expect((await bench.patch(`transaction/${id}`, { state: 'VALIDATING' })).status).toBe(400);
    bench.sim.administer('POST', '/mgmt/tm/security/firewall/address-list', list);
    expect((await bench.get('security/firewall/address-list/a')).status).toBe(200);
  });

  it('leaves the state alone when it says success and does nothing', async () => {
    await open();
    bench.sim.fault({ kind: 'success-without-effect', match: '^POST' });
    expect((await bench.post('auth/partition', { name: 'P' })).status).toBe(200);
    expect(bench.sim.dump()).toEqual({});
  });
});
