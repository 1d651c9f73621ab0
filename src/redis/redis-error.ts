/**
 * What went wrong with Redis, in one line. The client's own errors carry the command with its arguments - passwords,
 * documents - so they end here, at the edge, and only their message goes on.
 */
export class RedisError extends Error {
  override readonly name = 'RedisError';
  /** Redis' own first word (`OOM`, `WRONGTYPE`, `NOSCRIPT`), or the system's (`ECONNREFUSED`); empty if there is none. */
  readonly code: string;

  constructor(message: string, code = '') {
    super(message);
    this.code = code;
  }
}

const leadingCode = /^-?([A-Z]{2,})\b/;

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
  const [line = ''] = text.split('\n', 1);
  const system = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return new RedisError(
    line === '' ? `Redis: ${system ?? 'no answer'}` : `Redis: ${line}`,
    system ?? leadingCode.exec(line)?.[1],
  );
}
