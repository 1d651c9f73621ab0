import type { SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { Json } from '../../../src/core/model/json.ts';
import type { Reply } from './call.ts';
import { Failure, Rejection } from './failure.ts';

/** An answer of the API. A DELETE is answered with nothing at all. */
export function answered({ status, body, wrote }: Reply): SimulatedResponse {
  return { ...json(status, body ?? null), body: body === undefined ? '' : JSON.stringify(body), wrote };
}

function json(status: number, body: Json): SimulatedResponse {
  const headers = { 'content-type': 'application/json; charset=UTF-8', 'cache-control': 'no-store' };
  return { status, headers, body: JSON.stringify(body), wrote: false };
}

/**
 * @param error what the device says no to; anything else is thrown on
 * @param limit characters after which the body is cut off
 */
export function refusal(error: unknown, path: string, limit: number): SimulatedResponse {
  const cut = (response: SimulatedResponse): SimulatedResponse => ({
    ...response,
    body: response.body.slice(0, limit),
  });
  if (error instanceof Failure) {
    const { status, message, apiError } = error;
    return cut(json(status, { code: status, message, errorStack: [], apiError }));
  }
  if (error instanceof Rejection) return cut(rejection(error.status, error.message, path));
  throw error;
}

/** What the REST framework says, in front of the configuration. */
export function rejection(status: number, message: string, path: string): SimulatedResponse {
  const referer = `https://localhost${path.split('?')[0] ?? ''}`;
  return json(status, { code: status, message, referer, restOperationId: 7_945_916, kind: ':resterrorresponse' });
}

/** The web server in front of everything. */
export function page(status: number, text: string): SimulatedResponse {
  const body = `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head><title>${status}</title></head><body><h1>${text}</h1></body></html>\n`;
  return { status, headers: { 'content-type': 'text/html' }, body, wrote: false };
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
      return json(500, {
        code: 500,
        message: 'The connection to mcpd has been lost, try again.',
        errorStack: [],
        apiError: 32_768_001,
      });
    case 504:
      return page(500, 'HTTP ERROR 500 AsyncContext timeout');
    case 502:
      return page(502, 'Bad Gateway');
    case 503:
      return restarting();
    default:
      return json(status, {
        code: status,
        message: `01070734:3: Configuration error: ${status}`,
        errorStack: [],
        apiError: 3,
      });
  }
}

/** There is no published limit of requests; this is how overload looks. */
export function overloaded(): SimulatedResponse {
  const message = 'There is an active asynchronous task executing.';
  const response = json(503, { code: 503, message, errorStack: [], apiError: 32_964_609 });
  return { ...response, headers: { ...response.headers, 'retry-after': '2' } };
}
