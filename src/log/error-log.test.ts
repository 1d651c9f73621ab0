import { expect, it } from 'vitest';
import { ErrorLog } from './error-log.ts';
import { withConsoleIn } from './console.ts';
import { createLog } from './log.ts';

const lines: string[] = [];
const log = createLog((line) => void lines.push(line), 'worker');
const said = (): Record<string, unknown>[] =>
  lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>);

it('tells an outage of Redis once in half a minute, in whatever words and from whatever part it comes', () => {
  let now = 0;
  const errors = new ErrorLog(log, () => now);
  for (; now < 60_000; now += 100) {
    errors.tell('redis', new Error('Redis: connect ECONNREFUSED 127.0.0.1:6379'));
    errors.tell(`edge-${now % 7}`, new Error("Redis: Stream isn't writeable and enableOfflineQueue options is false"));
    errors.tell('audit', new Error('The audit record cannot be kept in Redis (Redis: Connection is closed.).'));
  }
  expect(said()).toMatchObject([{ subject: 'redis' }, { subject: 'redis', repeated: 899 }]);
});

it('tells why Redis cannot be reached again, after the loss itself was told', () => {
  const errors = new ErrorLog(log, () => 0);
  errors.tell('edge', new Error('Redis: Connection is closed.'));
  for (const subject of ['queue', 'edge']) {
    errors.tell(subject, new Error('Redis: read ECONNRESET'));
    errors.tell(subject, new Error('Redis: connect ECONNREFUSED 127.0.0.1:6379'));
    errors.tell(subject, new Error('Redis: not connected'));
  }
  expect(said().map(({ msg }) => msg)).toEqual([
    'Redis: Connection is closed.',
    'Redis: read ECONNRESET',
    'Redis: connect ECONNREFUSED 127.0.0.1:6379',
  ]);
});

it('tells errors that differ, of whatever point, at once', () => {
  const errors = new ErrorLog(log, () => 0);
  errors.tell('edge', new Error('Redis: OOM command not allowed'));
  errors.tell('core', new Error('Redis: OOM command not allowed'));
  errors.tell('edge', new Error('Redis: WRONGTYPE'));
  errors.tell('edge', new Error('Redis: WRONGTYPE'));
  expect(said().map(({ subject, msg }) => [subject, msg])).toEqual([
    ['edge', 'Redis: OOM command not allowed'],
    ['core', 'Redis: OOM command not allowed'],
    ['edge', 'Redis: WRONGTYPE'],
  ]);
});

it('makes lines of the log of what libraries write to the console, and of warnings', async () => {
  await withConsoleIn(log, async () => {
    console.warn('IMPORTANT! Eviction policy is %s.', 'allkeys-lru');
    process.emitWarning('too many listeners', 'MaxListenersExceededWarning');
    await new Promise((resolve) => setImmediate(resolve));
  });
  expect(said()).toMatchObject([
    { level: 40, subject: 'library', msg: 'IMPORTANT! Eviction policy is allkeys-lru.' },
    { level: 40, subject: 'node', msg: 'MaxListenersExceededWarning: too many listeners' },
  ]);
});
