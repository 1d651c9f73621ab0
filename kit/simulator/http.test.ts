import { Agent, request } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SimulatedDevice, SimulatedResponse } from './simulated-device.ts';
import { serveSimulator } from './http.ts';
import type { Simulator } from './simulator.ts';

/** The smallest device: a number that a POST increments and a GET tells. */
function counter(): SimulatedDevice {
  let value = 0;
  const answer = (status: number, wrote = false): SimulatedResponse => ({
    status,
    headers: {},
    body: String(value),
    wrote,
  });
  return {
    answer: ({ method }) => {
      if (method === 'GET') return answer(200);
      value += 1;
      return answer(201, true);
    },
    verdict: ({ port, host = '' }) => ({ action: port === value ? 'Accept' : 'Deny', rule: host }),
    dump: () => ({ value }),
    reset: () => (value = 0),
    checkpoint: () => {
      const then = value;
      return () => (value = then);
    },
    failure: (status) => ({ status, headers: {}, body: 'broken', wrote: false }),
    throttled: () => ({ status: 429, headers: {}, body: 'slow down', wrote: false }),
    recordable: ({ path, body }) => ({ path: path.replace(/secret=\w+/, 'secret=withheld'), body }),
  };
}

let simulator: Simulator;
let agent: Agent;
beforeAll(async () => {
  simulator = await serveSimulator({ kind: 'counter', version: '1', credentials: {} }, counter(), { port: 0 });
  agent = new Agent({ ca: simulator.ca });
});
beforeEach(() => simulator.reset());
afterAll(() => {
  agent.destroy();
  return simulator.close();
});

function send(method: string, path = '/value', body?: unknown, ca = agent): Promise<readonly [number, string]> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${simulator.url}${path}`, { method, agent: ca }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.on('end', () => resolve([incoming.statusCode ?? 0, text]));
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe('a served simulator', () => {
  it('speaks TLS only, under an authority that its clients must be told of', async () => {
    const stranger = new Agent();
    await expect(send('GET', '/value', undefined, stranger)).rejects.toThrow(/self-signed certificate/);
    expect(await send('GET')).toEqual([200, '0']);
  });

  it('writes down what was asked, without secrets, and tells listeners before it answers', async () => {
    const heard: unknown[] = [];
    simulator.onRequest(({ method, path, status, wrote }) => heard.push([method, path, status, wrote]));
    await send('POST', '/value?secret=abc', { a: 1 });
    expect(heard).toEqual([['POST', '/value?secret=withheld', 201, true]]);
    expect(simulator.requests().map(({ body }) => body)).toEqual(['{"a":1}']);
  });
});

describe('faults', () => {
  it('before: nothing was done; after: it was', async () => {
    simulator.fault({ kind: 'error-before', status: 502 });
    simulator.fault({ kind: 'error-after', status: 503 });
    expect([await send('POST'), await send('POST'), await send('GET')]).toEqual([
      [502, 'broken'],
      [503, 'broken'],
      [200, '1'],
    ]);
    expect(simulator.requests().map(({ wrote }) => wrote)).toEqual([false, true, false]);
  });

  it('cut the connection before or after, which the client cannot tell apart', async () => {
    simulator.fault({ kind: 'reset-before', match: '^POST' });
    simulator.fault({ kind: 'reset-after', match: '^POST' });
    await expect(send('POST')).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(await send('GET')).toEqual([200, '0']);
    await expect(send('POST')).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(await send('GET')).toEqual([200, '1']);
    expect(simulator.requests().map(({ status, wrote }) => [status, wrote])).toEqual([
      [0, false],
      [200, false],
      [0, true],
      [200, false],
    ]);
  });

  it('throttle, and answer with a page', async () => {
    simulator.fault({ kind: 'throttle', times: 2 });
    simulator.fault({ kind: 'html', status: 500 });
    const answers = [await send('GET'), await send('GET'), await send('GET'), await send('GET')];
    expect(answers.map(([status]) => status)).toEqual([429, 429, 500, 200]);
    expect(answers[2]?.[1]).toContain('<!DOCTYPE HTML');
  });

  it('say success and do nothing', async () => {
    simulator.fault({ kind: 'success-without-effect' });
    expect([await send('POST'), await send('GET')]).toEqual([
      [201, '1'],
      [200, '0'],
    ]);
  });

  it('answer a read with the state before the last write, and leave the present alone', async () => {
    await send('POST');
    simulator.fault({ kind: 'stale-read', after: 1, times: 2 });
    expect(await send('GET')).toEqual([200, '1']);
    await send('POST');
    await send('POST');
    expect([await send('GET'), await send('GET'), await send('GET')]).toEqual([
      [200, '2'],
      [200, '2'],
      [200, '3'],
    ]);
  });

  it('wait for the request that they are meant for, after those that may pass', async () => {
    simulator.fault({ kind: 'error-before', match: '^POST /value$', after: 1 });
    const statuses = [await send('GET'), await send('POST'), await send('POST', '/else'), await send('POST')];
    expect(statuses.map(([status]) => status)).toEqual([200, 201, 201, 500]);
  });

  it('delay', async () => {
    simulator.fault({ kind: 'latency', latencyMs: 40 });
    const started = performance.now();
    await send('GET');
    expect(performance.now() - started).toBeGreaterThanOrEqual(39);
  });

  it('are forgotten on request', async () => {
    simulator.fault({ kind: 'error-before', times: 1_000 });
    simulator.clearFaults();
    expect(await send('GET')).toEqual([200, '0']);
  });
});

describe('the controls beside the vendor API', () => {
  const control = async (method: string, path: string, body?: unknown): Promise<readonly [number, unknown]> => {
    const [status, text] = await send(method, `/_sim/${path}`, body);
    return [status, JSON.parse(text)];
  };

  it('judge a flow', async () => {
    await send('POST');
    expect(await control('GET', 'verdict?src=10.0.0.1&dst=192.0.2.1&host=&port=1&protocol=tcp')).toEqual([
      200,
      { action: 'Accept', rule: '' },
    ]);
    expect(await control('GET', 'verdict?src=10.0.0.1&host=x.example&port=2')).toEqual([
      200,
      { action: 'Deny', rule: 'x.example' },
    ]);
  });

  it('refuse to judge what is no flow', async () => {
    const bad = [
      'dst=192.0.2.1',
      'src=ten&host=x.example',
      'src=10.0.0.1&dst=far',
      'src=10.0.0.1&host=x.example&port=70000',
      'src=::1&host=x.example&protocol=gre',
      'src=10.0.0.1&port=443',
    ];
    const answers = await Promise.all(bad.map((query) => control('GET', `verdict?${query}`)));
    expect(answers.map(([status]) => status)).toEqual(bad.map(() => 400));
  });

  it('inject faults, one or many, and take them back', async () => {
    expect((await control('POST', 'faults', { kind: 'throttle' }))[0]).toBe(201);
    expect((await control('POST', 'faults', [{ kind: 'html' }, { kind: 'error-before', times: 9 }]))[0]).toBe(201);
    expect([(await send('GET'))[0], (await send('GET'))[0], (await send('GET'))[0]]).toEqual([429, 503, 500]);
    expect((await control('DELETE', 'faults'))[0]).toBe(200);
    expect((await send('GET'))[0]).toBe(200);
  });

  it('refuse a fault that they do not know', async () => {
    const bad = [{ kind: 'flood' }, { kind: 'html', match: '(' }, { kind: 'html', more: 1 }, { times: 1 }, undefined];
    const answers = await Promise.all(bad.map((fault) => control('POST', 'faults', fault)));
    expect(answers.map(([status]) => status)).toEqual([400, 400, 400, 400, 400]);
  });

  it('show the requests of the vendor API only, and put everything back', async () => {
    await send('POST');
    const [, requests] = await control('GET', 'requests');
    expect((requests as readonly { path: string }[]).map(({ path }) => path)).toEqual(['/value']);
    await control('POST', 'reset');
    expect([simulator.dump(), simulator.requests()]).toEqual([{ value: 0 }, []]);
    expect((await control('GET', 'nothing'))[0]).toBe(404);
  });
});
