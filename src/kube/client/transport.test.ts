import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeApiServer, refusal } from '../../../test/kit/api-server.ts';
import { ApiError } from '../api-error.ts';
import { Transport } from './transport.ts';

let fake: FakeApiServer;
let transport: Transport;

beforeEach(async () => {
  fake = await FakeApiServer.start();
  transport = new Transport(fake.credentials(() => 'first'));
});

afterEach(async () => {
  transport.close();
  await fake.stop();
});

const list = { path: '/api/v1/things' };

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw new Error(`not an ApiError: ${String(error)}`);
}

it('sends all requests over one connection', async () => {
  const ports = new Set<number | undefined>();
  fake.misbehave(
    'list',
    (_request, response, proceed) => {
      ports.add(response.socket?.remotePort);
      proceed();
    },
    20,
  );
  for (let count = 0; count < 20; count += 1) await transport.request(list);
  expect(ports.size).toBe(1);
});

it('renews a credential that is refused, once for all requests that were', async () => {
  let token = 'first';
  let refreshed = 0;
  const refresh = (): void => {
    refreshed += 1;
    token = 'second';
  };
  const own = new Transport({ ...fake.credentials(() => token), refresh });
  fake.token = 'second';
  await Promise.all([own.request(list), own.request(list), own.request(list)]);
  expect(refreshed).toBe(1);
  own.close();
});

it('gives up when the renewed credential is refused too, and names no credential', async () => {
  fake.token = 'another';
  const error = await failure(transport.request(list));
  expect([error.status, error.reason, error.message]).toEqual([
    401,
    'Unauthorized',
    'GET /api/v1/things: fake: Unauthorized; the server does not take the credential: has it expired, or is it for another cluster?',
  ]);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('Bearer');
});

it('names no credential that a proxy repeats', async () => {
  const token = 'aVeryLongToken-0123456789abcdef';
  const own = new Transport(fake.credentials(() => token));
  for (const form of [token, encodeURIComponent(token), Buffer.from(`Bearer ${token}`).toString('base64')]) {
    fake.misbehave('list', (_request, response) =>
      response.writeHead(502).end(JSON.stringify({ message: `we were sent ${form}` })),
    );
    const { message } = await failure(own.request(list));
    expect(message).toContain('[redacted]');
    expect(message).not.toContain(form.slice(-20));
  }
  own.close();
});

it('tells what the server said: status, reason and the delay it asked for', async () => {
  fake.misbehave('list', refusal(429, 'TooManyRequests', { 'Retry-After': '3' }));
  const { status, reason, retryAfterMs } = await failure(transport.request(list));
  expect({ status, reason, retryAfterMs }).toEqual({ status: 429, reason: 'TooManyRequests', retryAfterMs: 3_000 });
});

it('makes one readable line of whatever a proxy answers', async () => {
  fake.misbehave('list', (_request, response) => response.writeHead(502).end('<html>\nBad Gateway'));
  const error = await failure(transport.request(list));
  expect([error.status, error.message]).toEqual([502, 'GET /api/v1/things: HTTP 502']);
});

it('does not wait for a body that never ends', async () => {
  fake.misbehave('list', (_request, response) => response.write('{"items":['));
  const { reason } = await failure(transport.request({ ...list, timeoutMs: 40 }));
  expect(reason).toBe('Timeout');
});

it('says that an answer is not JSON', async () => {
  fake.misbehave('list', (_request, response) => response.end('{"items":['));
  const { reason, message } = await failure(transport.request(list));
  expect([reason, message]).toEqual(['Unreadable', 'GET /api/v1/things: the answer is not JSON']);
});

it('says that nobody is there', async () => {
  const { port } = fake;
  await fake.stop();
  const { status, reason, message } = await failure(transport.request(list));
  const expected = `GET /api/v1/things at 127.0.0.1:${port}: ECONNREFUSED, connect ECONNREFUSED 127.0.0.1:${port}; nothing listens there: check the address, and whether the server is up`;
  expect([status, reason, message]).toEqual([0, 'Unreachable', expected]);
  await fake.listen(port);
});

it('ends a stream when its caller gives up, with the reason of the caller', async () => {
  const stop = new AbortController();
  const stream = await transport.stream({ ...list, query: { watch: true }, signal: stop.signal });
  const reading = (async () => {
    for await (const chunk of stream) expect(chunk.toString()).toContain('ADDED');
  })();
  fake.put({ metadata: { name: 'a' } });
  stop.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});

it('refuses to send credentials without TLS to another machine', () => {
  const credentials = { ...fake.credentials(), server: new URL('http://api.example.com') };
  expect(() => new Transport(credentials)).toThrow('api.example.com is reached without TLS: use an https address');
});
