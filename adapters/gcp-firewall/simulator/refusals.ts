import { json } from '../../../kit/simulator/answers.ts';
import { Refusal } from '../../../kit/simulator/refusal.ts';
import type { SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';

/* How Google's two services refuse: each has its own envelope. */

export function invalid(message: string): Refusal {
  return new Refusal(400, 'invalid', message);
}

/** @param name below the project or the scope that it is in */
export function notFound(name: string): Refusal {
  return new Refusal(404, 'notFound', `The resource '${name}' was not found`);
}

export type Service = 'compute' | 'networksecurity';

/**
 * @param refusal its code is of Compute Engine a reason, `resourceNotReady`; of other services a code of google.rpc,
 *   `NOT_FOUND`
 */
export function refused({ status, code: reason, message }: Refusal, service: Service): SimulatedResponse {
  // Why a whole API refuses stands in the details of other services alone.
  const isOff = reason === 'SERVICE_DISABLED';
  const details = isOff ? [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }] : [];
  const error =
    service === 'compute'
      ? { code: status, message, errors: [{ message, domain: 'global', reason }] }
      : { code: status, message, status: isOff ? 'PERMISSION_DENIED' : rpcStatus(status, reason), details };
  const answer = json(status, { error });
  const headers = {
    ...answer.headers,
    ...(status === 401 && { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' }),
    ...(status === 429 && { 'retry-after': '1' }),
  };
  return { ...answer, headers };
}

function rpcStatus(status: number, reason: string): string {
  if (/^[A-Z_]+$/.test(reason)) return reason;
  return rpcByStatus[status] ?? 'INTERNAL';
}

const rpcByStatus: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};
