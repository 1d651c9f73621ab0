import { json as plainJson, page } from '../../../../kit/simulator/answers.ts';
import type { SimulatedResponse } from '../../../../kit/simulator/simulated-device.ts';
import type { Json } from '../../../../src/core/model/json.ts';
import type { Reply } from './call.ts';
import { Failure, Rejection } from './failure.ts';

/** An answer of the API. A DELETE is answered with nothing at all. */
export function answered({ status, body, wrote }: Reply): SimulatedResponse {
  return json(status, body, wrote);
}

function json(status: number, body: Json | undefined, wrote = false): SimulatedResponse {
  const headers = { 'content-type': 'application/json; charset=UTF-8', 'cache-control': 'no-store' };
  return { ...plainJson(status, body, wrote), headers };
}

/** The answer to a write that is put off for ever. */
export function postponed(): SimulatedResponse {
  return json(202, { code: 202, message: 'Task will execute asynchronously.', errorStack: [] });
}

/**
 * @param error what the device says no to; anything else is thrown on
 * @param limit characters after which the body is cut off
 */
export function refusal(error: unknown, path: string, limit: number): SimulatedResponse {
  const response =
    error instanceof Failure
      ? failed(error.status, error.message, error.apiError)
      : error instanceof Rejection
        ? rejection(error.status, error.message, path)
        : undefined;
  if (response === undefined) throw error;
  return { ...response, body: response.body.slice(0, limit) };
}

function failed(status: number, message: string, apiError: number): SimulatedResponse {
  return json(status, { code: status, message, errorStack: [], apiError });
}

/** What the REST framework says, in front of the configuration. */
export function rejection(status: number, message: string, path: string): SimulatedResponse {
  const referer = `https://localhost${path.split('?')[0] ?? ''}`;
  return json(status, { code: status, message, referer, restOperationId: 7_945_916, kind: ':resterrorresponse' });
}

export const restarting = (): SimulatedResponse => page(503, 'Configuration Utility restarting...');

/** What breaks inside, by status: a lost database, a spurious refusal, a framework that restarts. */
export function broken(status: number): SimulatedResponse {
  switch (status) {
    case 401:
      return rejection(401, 'Authorization failed: no user authentication header or token detected.', '/mgmt/tm');
    case 404:
      return rejection(
        404,
        'URI path /mgmt/tm/security not registered. Please verify URI is supported and wait for /available suffix to be responsive.',
        '/mgmt/tm',
      );
    case 500:
      return failed(500, 'The connection to mcpd has been lost, try again.', 32_768_001);
    case 504:
      return page(500, 'HTTP ERROR 500 AsyncContext timeout');
    case 502:
      return page(502, 'Bad Gateway');
    case 503:
      return restarting();
    default:
      return failed(status, `01070734:3: Configuration error: ${status}`, 3);
  }
}

/** There is no published limit of requests; this is how overload looks. */
export function overloaded(): SimulatedResponse {
  const message = 'There is an active asynchronous task executing.';
  const response = failed(503, message, 32_964_609);
  return { ...response, headers: { ...response.headers, 'retry-after': '2' } };
}
