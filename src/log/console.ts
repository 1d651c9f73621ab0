import { format } from 'node:util';
import type { Log } from './log.ts';

/**
 * Runs a task during which what libraries write to the console, and what Node.js warns of, becomes a line of the log:
 * a reader of JSON lines gets nothing else.
 */
export async function withConsoleIn<T>(log: Log, task: () => Promise<T>): Promise<T> {
  const { warn, error, info, log: plain } = console;
  const listeners = process.listeners('warning');
  const say =
    (level: 'warn' | 'info') =>
    (...parts: unknown[]): void =>
      log[level]({ subject: 'library' }, format(...parts).split('\n', 1)[0] ?? '');
  Object.assign(console, { warn: say('warn'), error: say('warn'), info: say('info'), log: say('info') });
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => log.warn({ subject: 'node' }, `${name}: ${message}`));
  try {
    return await task();
  } finally {
    Object.assign(console, { warn, error, info, log: plain });
    process.removeAllListeners('warning');
    for (const listener of listeners) process.on('warning', listener);
  }
}
