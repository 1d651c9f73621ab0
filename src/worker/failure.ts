import { AdapterError, type ErrorClass } from '../adapter/errors.ts';

/**
 * Whatever was thrown, as the one error that conditions and retries are made from. An unknown error is taken for a
 * passing one: it is retried, and its message is kept to its first line, for it may hold anything.
 */
export function asAdapterError(error: unknown, errorClass: ErrorClass = 'transient'): AdapterError {
  if (error instanceof AdapterError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AdapterError(errorClass, message.split('\n', 1)[0] ?? '');
}
