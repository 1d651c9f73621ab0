import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { LambdaContext, LambdaHttpResult } from '../../src/serverless/lambda.ts';
import { QueuedFirewall } from '../kit/queued-firewall.ts';
import { describeWith } from '../kit/redis-server.ts';
import { buildPostern, Postern } from '../live/postern.ts';

interface Answer {
  readonly events?: readonly string[];
  readonly drained: boolean;
  readonly points: readonly Readonly<Record<string, unknown>>[];
  readonly left: unknown;
}

const done = { point: 'edge', state: 'programmed' };
const nothing = { waiting: 0, running: 0, delayed: 0 };
/** No answer comes within the time that a request may take, in which all is done otherwise. */
const [servedForMs, held] = [3_000, { latencyMs: 5_000, kind: 'latency', times: Infinity } as const];

describeWith(['redis-server'], 'Work on demand, with the bundles as they are shipped', () => {
  let rig: QueuedFirewall;
  let entry = '';
  let running: Postern | undefined;

  beforeAll(async () => {
    rig = await QueuedFirewall.start();
    entry = buildPostern(rig.folder);
  });
  afterAll(() => rig.stop());
  beforeEach(() => {
    rig.firewall.clearFaults();
    rig.allow();
  });
  afterEach(async () => {
    await running?.kill();
    running = undefined;
  });

  async function ends(...args: string[]): Promise<number | null> {
    const child = spawn(process.execPath, [entry, ...args], { env: { ...rig.environment }, stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }

  async function serve(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<string> {
    running = new Postern(entry, ['serve', '--listen', '0', ...args], { ...rig.environment, ...env });
    const { url } = await running.says(({ msg }) => msg === 'waiting for requests');
    return String(url);
  }

  async function post(url: string, headers: Record<string, string> = {}, body = ''): Promise<[Response, Answer]> {
    const response = await fetch(url, { method: 'POST', headers, body });
    return [response, (await response.json()) as Answer];
  }

  it('a worker that drains ends by itself, and has done everything', async () => {
    const address = await rig.addPod();
    expect(await ends('worker', '--drain')).toBe(0);
    expect(rig.permits(address)).toBe(true);
    const written = (): number => rig.firewall.requests().filter(({ wrote }) => wrote).length;
    const before = written();
    // Whoever has waited for long is asked for again, until it is heard that it was dealt with: then it is looked at.
    expect(await ends('worker', '--drain')).toBe(0);
    expect(written()).toBe(before);
  });

  it('a worker that drains ends with 1 when a person is needed', async () => {
    rig.allow('wrong');
    await rig.addPod();
    expect(await ends('worker', '--drain')).toBe(1);
  });

  it('a CloudEvent in its headers, one in the body, several, or none: each does what there is to do', async () => {
    const url = await serve();
    const event = { specversion: '1.0', id: 'e-2', source: '/tests', type: 'dev.postern.wake' };
    const binary = { 'ce-specversion': '1.0', 'ce-id': 'e-1', 'ce-source': '/tests', 'ce-type': 'dev.postern.wake' };
    const json = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    const requests: [Record<string, string>, string, string[] | undefined][] = [
      [binary, 'whatever', ['e-1']],
      [json, JSON.stringify(event), ['e-2']],
      [batch, JSON.stringify([event, { ...event, id: 'e-3' }]), ['e-2', 'e-3']],
      [{}, '', undefined],
    ];
    for (const [headers, body, events] of requests) {
      const address = await rig.addPod();
      const [response, answer] = await post(url, headers, body);
      expect([response.status, answer.events, answer.drained, answer.left]).toEqual([200, events, true, nothing]);
      expect(answer.points).toMatchObject([done]);
      expect(rig.permits(address)).toBe(true);
    }
    // Asked for once more, and as it was left.
    await rig.later(1);
    const [, answer] = await post(url);
    const points = [{ ...done, changes: 0, nativeCalls: 0 }];
    expect(answer).toEqual({ drained: true, points, left: nothing });
  });

  it('refuses what calls itself a CloudEvent and is none, and does nothing', async () => {
    const url = await serve();
    const address = await rig.addPod();
    const json = { 'content-type': 'application/cloudevents+json' };
    for (const [headers, body] of [
      [json, '{'],
      [json, '{"specversion":"1.0","id":"a"}'],
      [json, '{"specversion":"0.3","id":"a","source":"b","type":"c"}'],
      [{ 'ce-id': 'a' }, ''],
      [{ 'content-type': 'application/cloudevents+avro' }, ''],
    ] as const)
      expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(400);
    expect((await fetch(url, { method: 'POST', body: 'x'.repeat(2_000_000) })).status).toBe(413);
    expect(rig.permits(address)).toBe(false);
  });

  it('works only for callers who show the token, if there is one', async () => {
    const url = await serve([], { POSTERN_SERVE_TOKEN: 's3same' });
    await rig.addPod();
    for (const authorization of ['', 'Bearer', 'Bearer s3sam', 'Bearer s3same1', 'Basic s3same']) {
      const response = await fetch(url, { method: 'POST', headers: { authorization } });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
    const [response, answer] = await post(url, { authorization: 'Bearer s3same' });
    expect([response.status, answer.points]).toMatchObject([200, [done]]);
    expect(running?.said).not.toContain('s3same');
  });

  it('says when to come back if time has run out, and goes on then', async () => {
    const url = await serve(['--for', `${servedForMs}ms`]);
    const address = await rig.addPod();
    rig.firewall.fault(held);
    const [response, answer] = await post(url);
    expect([response.status, answer.drained]).toEqual([503, false]);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    rig.firewall.clearFaults();
    await expect.poll(async () => (await post(url))[0].status, { timeout: 80_000 }).toBe(200);
    expect(rig.permits(address)).toBe(true);
  });

  it('says at once that a device needs a person, and when it will be tried again', async () => {
    const url = await serve();
    rig.allow('wrong');
    await rig.addPod();
    const [response, answer] = await post(url);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(60);
    expect(answer).toMatchObject({
      drained: false,
      points: [{ point: 'edge', state: 'failed', class: 'auth' }],
      left: { waiting: 0, running: 0, delayed: 1 },
    });
    expect(JSON.stringify(answer)).not.toContain('wrong');
  });

  it('answers everybody who comes at the same time', async () => {
    const url = await serve();
    const address = await rig.addPod();
    const answers = await Promise.all([post(url), post(url), post(url)]);
    expect(answers.map(([{ status }]) => status)).toEqual([200, 200, 200]);
    expect(rig.permits(address)).toBe(true);
  });

  it('takes nothing but POST', async () => {
    const url = await serve();
    const statuses = ['/', '/metrics', '/healthz'].map(async (path) => (await fetch(`${url}${path}`)).status);
    expect(await Promise.all(statuses)).toEqual([404, 404, 200]);
  });

  it('ends in good order when it is told to', async () => {
    await serve();
    expect((await running?.stop())?.code).toBe(0);
  });

  describeLambda(() => rig);
});

function describeLambda(rig: () => QueuedFirewall): void {
  type Handler = (event: unknown, context: LambdaContext) => Promise<unknown>;
  const context = (ms: number): LambdaContext => ({ getRemainingTimeInMillis: () => ms });
  const http = (headers: Record<string, string> = {}, rest: object = {}) => ({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/wake',
    rawQueryString: '',
    headers,
    requestContext: {
      http: { method: 'POST', path: '/wake', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' },
      stage: '$default',
    },
    isBase64Encoded: false,
    ...rest,
  });
  let handler: Handler;

  beforeAll(async () => {
    Object.assign(process.env, rig().environment, { POSTERN_SERVE_TOKEN: 's3same' });
    const bundle = pathToFileURL(join(rig().folder, 'dist', 'lambda', 'index.js')).href;
    ({ handler } = (await import(/* @vite-ignore */ bundle)) as { handler: Handler });
  });
  afterAll(() => {
    for (const name of [...Object.keys(rig().environment), 'POSTERN_SERVE_TOKEN'])
      Reflect.deleteProperty(process.env, name);
  });

  it('Lambda: a request through API Gateway or a Function URL is answered like any other', async () => {
    const address = await rig().addPod();
    const authorization = 'Bearer s3same';
    const body = Buffer.from('{"specversion":"1.0","id":"e","source":"s","type":"t"}').toString('base64');
    const event = http(
      { authorization, 'content-type': 'application/cloudevents+json' },
      { body, isBase64Encoded: true },
    );
    const result = (await handler(event, context(60_000))) as LambdaHttpResult;
    expect([result.statusCode, result.headers['content-type']]).toEqual([200, 'application/json']);
    expect(JSON.parse(result.body)).toMatchObject({ events: ['e'], drained: true, points: [done] });
    expect(rig().permits(address)).toBe(true);
  });

  it('Lambda: a request without the token, or in a form that is not understood, does nothing', async () => {
    const address = await rig().addPod();
    const results = [http(), { ...http(), version: '1.0' }, { httpMethod: 'POST', path: '/', headers: {} }].map(
      async (event) => ((await handler(event, context(60_000))) as LambdaHttpResult).statusCode,
    );
    expect(await Promise.all(results)).toEqual([401, 400, 400]);
    expect(rig().permits(address)).toBe(false);
  });

  it.each([
    [
      'a schedule of EventBridge',
      { version: '0', id: 'x', 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} },
    ],
    ['messages of SQS', { Records: [{ messageId: 'm', eventSource: 'aws:sqs', body: '{}' }] }],
    ['nothing at all', {}],
  ])('Lambda: %s is a reason to look', async (_, event) => {
    const address = await rig().addPod();
    expect(await handler(event, context(60_000))).toMatchObject({ drained: true, points: [done] });
    expect(rig().permits(address)).toBe(true);
  });

  it('Lambda: an event after which something is left is to be delivered again', async () => {
    rig().allow('wrong');
    await rig().addPod();
    await expect(handler({ Records: [] }, context(60_000))).rejects.toThrow(/not drained.*"auth"/);
  });
}
