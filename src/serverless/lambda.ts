import { handle, type LambdaEvent } from 'hono/aws-lambda';
import type { Drain } from './drain.ts';
import { serverlessApp } from './http.ts';

/** The part of Lambda's context that counts. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

export interface LambdaDeps {
  readonly drain: Drain;
  readonly token?: string | undefined;
  readonly onError: (error: unknown) => void;
}

/** Left for what runs to come to an end, and for the connections to be closed. */
const reserveMs = 10_000;

/**
 * A Lambda handler. A request of HTTP (API Gateway with payload 2.0, a Function URL) is answered as `serverlessApp`
 * answers it; any other event - a schedule of EventBridge, messages of SQS - makes it work off the queue, whatever it
 * holds.
 *
 * @throws Error when something is left to do after an event that is no request, so that Lambda delivers it again
 */
export function lambdaHandler({ drain, token, onError }: LambdaDeps) {
  return async (event: unknown, context: LambdaContext): Promise<unknown> => {
    const budgetMs = (): number => budgetOf(context.getRemainingTimeInMillis());
    const { signal } = new AbortController();
    if (isRequest(event)) return handle(serverlessApp({ drain, budgetMs, token, signal, onError }))(event);
    if (isOtherRequest(event)) return { statusCode: 400, headers: {}, body: 'only payload 2.0 is understood' };
    const { drained, points, left } = await drain({ withinMs: budgetMs(), signal });
    if (drained) return { drained, points, left };
    throw new Error(`not drained, to be delivered again: ${JSON.stringify({ points, left })}`);
  };
}

function budgetOf(remainingMs: number): number {
  return Math.max(remainingMs - reserveMs, remainingMs / 2);
}

/** Payload 2.0 of API Gateway, which is that of a Function URL too. */
function isRequest(event: unknown): event is LambdaEvent {
  return isOtherRequest(event) && 'version' in event && event.version === '2.0' && 'requestContext' in event;
}

/** Of another version, or of a load balancer: to be refused, for it might have come around the token. */
function isOtherRequest(event: unknown): event is object {
  return typeof event === 'object' && event !== null && ('httpMethod' in event || 'rawPath' in event);
}
