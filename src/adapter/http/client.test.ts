import { getEventListeners } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdapterError } from '../errors.ts';
import { httpClient, type HttpClient, type HttpRequest } from './client.ts';
import { issueTestingCertificate } from '../../../kit/simulator/certificate.ts';

const issued = await issueTestingCertificate('http test');
const secret = 'Bearer s3cr3t-token';
let server: Server;
let url: string;
let answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
let connections = 0;

beforeAll(async () => {
  server = createServer({ key: issued.key, cert: issued.certificate + issued.ca }, (incoming, outgoing) => {
    incoming.resume().on('end', () => answer(incoming, outgoing));
  });
  server.on('secureConnection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

beforeEach(() => {
  connections = 0;
  answer = (_, outgoing) => outgoing.end('{}');
});

function client(options: Partial<Parameters<typeof httpClient>[0]> = {}): HttpClient {
  return httpClient({
    ...{ baseUrl: url, ca: issued.ca, timeoutMs: 5_000, maxSockets: 2, headers: { Authorization: secret } },
    ...options,
  });
}

const get: HttpRequest = { method: 'GET', path: '/object/private-name?key=value', template: '/object/{name}' };
const put: HttpRequest = { ...get, method: 'PUT', body: '{"password":"hidden"}' };

async function failureOf(request: HttpRequest, from = client()): Promise<AdapterError> {
  const failure: unknown = await from.request(request).catch((error: unknown) => error);
  if (!(failure instanceof AdapterError)) throw new Error('the request did not fail as it should');
  return failure;
}

describe('HTTP to a device', () => {
  it('gives any answer as it is, and keeps its connection', async () => {
    answer = (incoming, outgoing) => {
      outgoing.writeHead(500, { 'Retry-After': '7' }).end(`<html>${incoming.headers.authorization ?? ''}`);
    };
    const open = client();
    for (let round = 0; round < 3; round += 1) {
      const { status, headers, body } = await open.request(get);
      expect({ status, after: headers['retry-after'], body }).toEqual({
        status: 500,
        after: '7',
        body: `<html>${secret}`,
      });
    }
    expect(connections).toBe(1);
    open.close();
  });

  it('sends the body and the path as they are', async () => {
    let seen = '';
    answer = (incoming, outgoing) => {
      seen = `${incoming.method ?? ''} ${incoming.url ?? ''} ${incoming.headers['content-type'] ?? ''}`;
      outgoing.end();
    };
    await client().request({ ...put, path: '/a%2Fb?x=%5C.&y=1' });
    expect(seen).toBe('PUT /a%2Fb?x=%5C.&y=1 application/json');
  });

  it.each(['DELETE', 'GET', 'POST'] as const)('says of the body of a %s how long it is', async (method) => {
    let seen = '';
    answer = ({ headers, method: asked = '' }, outgoing) => {
      seen = `${asked} ${headers['content-length'] ?? 'of no length'}`;
      outgoing.end();
    };
    const open = client();
    // What is not said to be its body is treated as another request on this connection.
    await open.request({ ...get, method, body: '{"name":"grün"}' });
    expect([seen, (await open.request(get)).status, connections]).toEqual([`${method} 16`, 200, 1]);
    open.close();
  });

  it('names the type of a body where there is one, and where the caller has not', async () => {
    const seen: (string | undefined)[] = [];
    answer = (incoming, outgoing) => {
      seen.push(incoming.headers['content-type']);
      outgoing.end('{}');
    };
    const open = client();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) await open.request({ ...get, method });
    await open.request(put);
    await open.request({ ...put, headers: { 'content-type': 'text/plain' } });
    expect(seen).toEqual([undefined, undefined, undefined, undefined, 'application/json', 'text/plain']);
    open.close();
  });

  it('stays at the device, whatever the path looks like, and says who asks', async () => {
    let seen: unknown[] = [];
    answer = ({ url: path, headers }, outgoing) => {
      seen = [path, headers['user-agent'], headers['accept-encoding'], headers.accept];
      outgoing.end();
    };
    await client().request({ ...get, path: '//192.0.2.1/a' });
    expect(seen).toEqual(['/192.0.2.1/a', 'postern', 'gzip', 'application/json']);
    await client({ baseUrl: `${url}/proxy/` }).request({ ...get, path: 'https://192.0.2.1/a' });
    expect(seen[0]).toBe('/proxy/https://192.0.2.1/a');
  });

  it('reads an answer that is packed, and none that is cut off, broken or without an end', async () => {
    const packed = gzipSync('\uFEFF{"name":"grün"}');
    const zipped = { 'Content-Encoding': 'gzip' };
    answer = (_, outgoing) => outgoing.writeHead(200, zipped).end(packed);
    expect((await client().request(get)).body).toBe('{"name":"grün"}');
    answer = (_, outgoing) => outgoing.writeHead(304, zipped).end();
    expect(await client().request(get)).toMatchObject({ status: 304, body: '' });
    answer = (_, outgoing) => outgoing.writeHead(200, zipped).end('not packed');
    expect((await failureOf(put)).details).toMatchObject({ code: 'Z_DATA_ERROR', outcomeUnknown: true });
    answer = (_, outgoing) => outgoing.writeHead(200, zipped).end(packed.subarray(0, -4));
    expect((await failureOf(get)).details.code).toBe('Z_BUF_ERROR');
    answer = (incoming, outgoing) => {
      outgoing.writeHead(200, { 'Content-Length': '10' });
      outgoing.write('half', () => incoming.socket.destroy());
    };
    expect((await failureOf(put)).details).toMatchObject({ code: 'ECONNRESET', outcomeUnknown: true });
    answer = (_, outgoing) => outgoing.writeHead(200, zipped).end(gzipSync(Buffer.alloc(33 * 2 ** 20)));
    expect((await failureOf(get)).details.code).toBe('ERR_BUFFER_TOO_LARGE');
    answer = (_, outgoing) => outgoing.end(Buffer.alloc(33 * 2 ** 20));
    expect((await failureOf(get)).details.code).toBe('ERR_BAD_RESPONSE');
  });

  it('gives up also while an answer is on its way, and leaves nothing waiting on the signal', async () => {
    const ended = new AbortController();
    answer = (_, outgoing) => {
      outgoing.writeHead(200, { 'Content-Length': '10' });
      outgoing.write('half', () => setImmediate(() => ended.abort()));
    };
    const failure = await failureOf({ ...put, signal: ended.signal });
    expect(failure.details).toMatchObject({ code: 'ERR_CANCELED', outcomeUnknown: true });
    const { signal } = new AbortController();
    answer = (_, outgoing) => outgoing.end('{}');
    await client().request({ ...get, signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('follows no redirect', async () => {
    answer = (_, outgoing) => outgoing.writeHead(302, { location: 'https://elsewhere.example.com/' }).end();
    expect(await failureOf(get)).toMatchObject({ errorClass: 'invalid', details: { status: 302 } });
  });

  it('trusts nobody whom the given authority did not sign', async () => {
    const other = await issueTestingCertificate('somebody else');
    const failure = await failureOf(put, client({ ca: other.ca }));
    expect(failure).toMatchObject({ errorClass: 'auth', details: { status: 0, request: 'PUT /object/{name}' } });
    expect(failure.details.outcomeUnknown).toBeUndefined();
  });

  it('is never in the clear', () => {
    expect(() => client({ baseUrl: 'http://127.0.0.1:1' })).toThrow(AdapterError);
  });

  it('says whether a request that got no answer may have been carried out', async () => {
    answer = (incoming) => incoming.socket.destroy();
    expect((await failureOf(put)).details).toMatchObject({ code: 'ECONNRESET', outcomeUnknown: true });
    expect((await failureOf(get)).details).toMatchObject({ code: 'ECONNRESET', outcomeUnknown: false });
    const nobody = client({ baseUrl: 'https://127.0.0.1:1' });
    expect((await failureOf(put, nobody)).details).toMatchObject({ code: 'ECONNREFUSED', outcomeUnknown: false });
  });

  it('asks once more what only reads where a connection is closed that was idle, and nothing that may change something', async () => {
    const asked = new Map<Socket, number>();
    const seen: string[] = [];
    answer = ({ socket, method = '' }, outgoing) => {
      const before = asked.get(socket) ?? 0;
      asked.set(socket, before + 1);
      seen.push(method);
      if (before === 0) outgoing.end('{}');
      else socket.destroy();
    };
    const open = client();
    for (let round = 0; round < 2; round += 1) expect((await open.request(get)).status).toBe(200);
    expect([seen, connections]).toEqual([['GET', 'GET', 'GET'], 2]);
    await open.request(get);
    expect((await failureOf(put, open)).details).toMatchObject({ code: 'ECONNRESET', outcomeUnknown: true });
    expect(seen).toEqual(['GET', 'GET', 'GET', 'GET', 'PUT']);
    open.close();
  });

  it('asks once more within the same time, and not after it was closed', async () => {
    const open = client({ timeoutMs: 4_987 });
    const served = new Set<Socket>();
    answer = ({ socket }, outgoing) => {
      if (served.has(socket)) socket.destroy();
      else if (served.size === 0) outgoing.end('{}');
      // The connection on which it asks anew.
      else open.close();
      served.add(socket);
    };
    await open.request(get);
    const timers = vi.spyOn(globalThis, 'setTimeout');
    expect((await failureOf(get, open)).details).toMatchObject({ code: 'ECONNRESET' });
    const limits = timers.mock.calls.filter(([, ms]) => ms === 4_987);
    timers.mockRestore();
    expect([served.size, limits.length]).toEqual([2, 1]);
  });

  it('waits no longer than it was told to, and stops at once when it is told to', async () => {
    answer = () => undefined;
    const late = await failureOf({ ...put, timeoutMs: 50 });
    expect(late).toMatchObject({ errorClass: 'transient', details: { outcomeUnknown: true } });
    expect(late.message).toContain('took too long');
    const told = AbortSignal.abort();
    expect((await failureOf({ ...get, signal: told })).errorClass).toBe('transient');
    const ended = new AbortController();
    answer = () => ended.abort();
    const abortedBeforeSending = await failureOf({ ...get, signal: ended.signal });
    expect(abortedBeforeSending.message).toMatch(/at 127\.0\.0\.1:\d+: it was given up before there was one\.$/);
  });

  it("asks at the device's pace, tells it when the device wants to be left alone, and gives up with the signal", async () => {
    const told: string[] = [];
    const pace = {
      admit: (signal?: AbortSignal): Promise<void> => {
        told.push('admit');
        return signal?.aborted === true ? Promise.reject(signal.reason as Error) : Promise.resolve();
      },
      pause: (ms: number): Promise<void> => Promise.resolve(void told.push(`pause ${ms}`)),
    };
    const open = client({ pace });
    const now = Date.now();
    const answers = ['7', new Date(now + 60_000).toUTCString(), undefined];
    answer = (_, outgoing) => {
      const after = answers.shift();
      outgoing.setHeader('Date', new Date(now).toUTCString());
      outgoing.writeHead(429, after === undefined ? {} : { 'Retry-After': after }).end();
    };
    for (let round = 0; round < 3; round += 1) expect((await open.request(get)).status).toBe(429);
    expect(told).toEqual(['admit', 'pause 7000', 'admit', 'pause 60000', 'admit', 'pause 5000']);
    const given = await failureOf({ ...put, signal: AbortSignal.abort() }, open);
    expect(given).toMatchObject({
      errorClass: 'transient',
      message: 'PUT /object/{name} was not sent: it was given up while it waited.',
    });
    expect(given.details.outcomeUnknown).toBeUndefined();
  });

  it('lets no credential, name, query or body out with an error', async () => {
    answer = (incoming) => incoming.socket.destroy();
    const failures = [await failureOf(put), await failureOf(put, client({ baseUrl: 'https://127.0.0.1:1' }))];
    for (const failure of failures) {
      const told = inspect(failure, { depth: 10, showHidden: true }) + JSON.stringify(failure) + String(failure.stack);
      expect(told).not.toMatch(/s3cr3t|private-name|key=value|hidden/);
    }
  });
});
