/**
 * An error of Redis, in one line. Errors of the client contain the command with its arguments, such as passwords and
 * documents; only their message goes on from here.
 */
export class RedisError extends Error {
  override readonly name = 'RedisError';
  /**
   * The error code of Redis (`OOM`, `WRONGTYPE`, `NOSCRIPT`) or of the system (`ECONNREFUSED`); empty if there is none.
   */
  readonly code: string;

  constructor(message: string, code = '') {
    super(message);
    this.code = code;
  }
}

const leadingCode = /^-?([A-Z]{2,})\b/;

/** What the client says of a command while it has no connection; why it has none, the connection says by itself. */
const notConnected = /^(?:Stream isn't writeable|Connection is closed)/;

/** Runs commands of the client. @throws RedisError in place of whatever the client throws */
export async function askRedis<T>(commands: () => Promise<T>): Promise<T> {
  try {
    return await commands();
  } catch (error) {
    throw asRedisError(error);
  }
}

export function asRedisError(error: unknown): RedisError {
  if (error instanceof RedisError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const [first = ''] = text.split('\n', 1);
  const line = notConnected.test(first) ? 'not connected; it is tried again and again' : first;
  const system = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return new RedisError(
    line === '' ? `Redis: ${system ?? 'no answer'}` : `Redis: ${line}`,
    system ?? leadingCode.exec(line)?.[1],
  );
}
