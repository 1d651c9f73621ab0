import type { z } from 'zod';
import { AdapterError, type ErrorClass } from '../../adapter/errors.ts';
import { asApiError, type ApiError } from '../api-error.ts';
import type { ApiRequest } from '../client/transport.ts';

/* Answers and failures of the API server in the terms of adapters. */

/** @throws AdapterError `transient` for an answer of another shape */
export function parsed<T>(schema: z.ZodType<T>, answer: unknown, { method = 'GET', path }: ApiRequest): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new AdapterError('transient', `${method} ${path} had an answer of an unexpected shape.`, {
    request: `${method} ${path}`,
  });
}

const classes: Readonly<Record<number, ErrorClass>> = {
  400: 'invalid',
  401: 'auth',
  403: 'forbidden',
  404: 'not-found',
  405: 'unsupported',
  409: 'conflict',
  413: 'quota',
  415: 'unsupported',
  422: 'invalid',
  429: 'throttled',
  503: 'busy',
};

/**
 * Server-side apply answers 500 to what can never succeed: an unknown field, a value of another type, an item of a set
 * twice. Unlike a failure of the server, such an answer has no reason.
 */
function isRefusedApply({ status, reason, message }: ApiError): boolean {
  const words = /: failed to (?:create typed patch object|convert new object) \(/;
  return status === 500 && reason === 'HTTP 500' && words.test(message);
}

/** A failure as an `AdapterError`; the reason of an aborted signal stays as it is. */
export function explained(error: unknown, { method = 'GET', path, signal }: ApiRequest): unknown {
  if (error instanceof AdapterError || signal?.aborted === true) return error;
  const failure = asApiError(error);
  const { status, reason, message, retryAfterMs } = failure;
  const errorClass = isRefusedApply(failure) ? 'invalid' : (classes[status] ?? 'transient');
  return new AdapterError(errorClass, message, {
    code: reason,
    status,
    request: `${method} ${path}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status === 0 && method !== 'GET' && { outcomeUnknown: true }),
  });
}

/**
 * The failure of an apply. If another object has the name, some API servers answer 409 and others 422. Without force, 409
 * means that another manager owns fields.
 */
export function refusedApply(failure: unknown, force: boolean): unknown {
  if (!(failure instanceof AdapterError)) return failure;
  const { message, details, errorClass } = failure;
  if (details.status === 422 && message.includes('metadata.uid')) return new AdapterError('conflict', message, details);
  return errorClass === 'conflict' && !force ? new AdapterError('foreign-owned', message, details) : failure;
}

/** Undefined where the object does not exist. */
export async function orNone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AdapterError && error.errorClass === 'not-found') return undefined;
    throw error;
  }
}
