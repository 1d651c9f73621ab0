import { AxiosError, AxiosHeaders, type AxiosResponse } from 'axios';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../src/adapter/errors.ts';
import { asRedisError } from '../src/redis/redis-error.ts';
import { createLog } from '../src/log/log.ts';
import type { LogChoice } from '../src/log/options.ts';

function aLog(choice: LogChoice = {}) {
  const lines: string[] = [];
  const log = createLog((line) => void lines.push(line), 'worker', { logLevel: 'debug', ...choice });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

const canary = 'c4n4ry-S3cr3t';

function anAxiosError(): AxiosError {
  const config = {
    headers: new AxiosHeaders({ Authorization: `Bearer ${canary}` }),
    url: `https://192.0.2.1/api?access_token=${canary}`,
    data: JSON.stringify({ password: canary }),
  };
  const response: AxiosResponse<unknown> = {
    status: 401,
    statusText: 'no',
    data: { token: canary },
    headers: { 'set-cookie': [canary] },
    config,
  };
  return new AxiosError(
    `Request failed for https://admin:${canary}@192.0.2.1/`,
    'ERR_BAD_REQUEST',
    config,
    {},
    response,
  );
}

/** Places and shapes in which a credential was ever seen near a log. */
const leaks: Readonly<Record<string, readonly unknown[]>> = {
  'a token': [{ token: canary }, 'x'],
  'a password five levels down': [{ a: { b: { c: { d: { password: canary } } } } }, 'x'],
  'a password in a list of objects': [{ points: [{ credentials: { user: 'a', pass: canary } }] }, 'x'],
  'a header': [{ request: { headers: { Authorization: `Bearer ${canary}` } } }, 'x'],
  'a header under a harmless name': [{ sent: { Authorization: [canary] } }, 'x'],
  'a header as text': [{ line: `Authorization: Basic ${canary}` }, 'x'],
  'a whole Secret': [{ object: { kind: 'Secret', data: { key: canary }, stringData: { key: canary } } }, 'x'],
  'a Redis URL with a password': [{ url: `rediss://default:${canary}@redis.example:6379/0` }, 'x'],
  'a Redis URL whose password has an at sign and a slash': [{ url: `redis://:p@/${canary}@redis.example:6379` }, 'x'],
  'a Redis URL in the message': [{}, `cannot reach redis://:${canary}@redis.example`],
  'a Redis URL as the message alone': [`cannot reach redis://:${canary}@redis.example`],
  'a query': [{ path: `/api/v2/cmdb?vdom=root&access_token=${canary}` }, 'x'],
  'a body as text': [{ text: `{"username":"admin","secretkey":"a","password":"${canary}"}` }, 'x'],
  'a bearer token in a sentence': [{}, `the device refused Bearer ${canary}.`],
  'a private key': [{ pem: `-----BEGIN EC PRIVATE KEY-----\n${canary}\n-----END EC PRIVATE KEY-----` }, 'x'],
  'an error of axios': [anAxiosError()],
  'an error of axios under err': [{ err: anAxiosError() }, 'x'],
  'an error of axios deep inside': [{ outcome: { tries: [{ why: anAxiosError() }] } }, 'x'],
  'an error of axios as a cause': [new Error('failed', { cause: anAxiosError() })],
  'an error under the name of a secret': [{ secret: new Error(`password=${canary}`) }, 'x'],
  'what Redis said of a command': [{ error: asRedisError(new Error(`ERR AUTH failed\nAUTH ${canary}`)) }, 'x'],
  bytes: [{ bytes: Buffer.from(canary) }, 'x'],
  'a template': ['tried %s', `https://admin:${canary}@192.0.2.1`],
};

describe('the log', () => {
  it.each(Object.entries(leaks))('never shows %s', (_, args) => {
    for (const format of ['json', 'text'] as const) {
      const { log, lines } = aLog({ logFormat: format });
      log.error(...(args as [object, string]));
      expect(lines).toHaveLength(1);
      expect(lines[0]).not.toContain(canary);
    }
  });

  it('has level, time, component, fields and a message on every line', () => {
    const { log, last } = aLog();
    log.warn({ point: 'edge', changes: 3, held: ['any-any'] }, 'point synced');
    expect(last()).toEqual({
      level: 40,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      component: 'worker',
      point: 'edge',
      changes: 3,
      held: ['any-any'],
      msg: 'point synced',
    });
  });

  it('keeps what is said of an error that anybody may know', () => {
    const { log, last } = aLog();
    log.error({ err: new AdapterError('auth', 'The device refuses the token.\nmore') }, 'point not synced');
    expect(last()['err']).toEqual({ type: 'AdapterError', message: 'The device refuses the token.', class: 'auth' });
    log.error(anAxiosError());
    expect(last()).toMatchObject({
      err: { type: 'AxiosError', code: 'ERR_BAD_REQUEST' },
      msg: 'Request failed for https://[redacted]@192.0.2.1/',
    });
  });

  it('keeps counts and names that only sound like secrets', () => {
    const { log, last } = aLog();
    log.info({ tokens: 3, secretRef: { name: 'edge' }, term: 7 }, 'x');
    expect(last()).toMatchObject({ tokens: 3, secretRef: { name: 'edge' }, term: 7 });
  });

  it('survives what refers to itself', () => {
    const { log, lines } = aLog();
    const circle: Record<string, unknown> = { name: 'a' };
    circle['self'] = circle;
    log.info(circle, 'x');
    expect(lines[0]).toContain('[deeper]');
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = aLog({ logLevel: 'warn' });
    log.info('x');
    log.warn('y');
    expect(lines).toHaveLength(1);
  });

  it('is one line for a person, with values in quotes where they need them', () => {
    const { log, lines } = aLog({ logFormat: 'text' });
    log.warn({ point: 'edge', error: 'no answer', changes: 3, held: ['any-any'] }, 'point synced');
    expect(lines[0]?.replace(/^\S+ /, '')).toBe(
      'WARN worker point synced point=edge error="no answer" changes=3 held=["any-any"]\n',
    );
    log.warn('the device says: x\n2026-01-01T00:00:00.000Z INFO worker forged\u001b[2K');
    expect(lines[1]?.trimEnd()).toMatch(/^[^\n\u001b]+$/);
  });
});
