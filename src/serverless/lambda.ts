import { z } from 'zod';
import type { Drain } from './drain.ts';
import { serverlessApp } from './http.ts';

/** The part of Lambda's context that counts. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** What API Gateway (payload 2.0) and a Function URL make of a result. */
export interface LambdaHttpResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LambdaDeps {
  readonly drain: Drain;
  readonly token?: string | undefined;
  readonly onError: (error: unknown) => void;
}

/** Left for what runs to come to an end, and for the connections to be closed. */
const reserveMs = 10_000;

/** Payload 2.0 of API Gateway, which is that of a Function URL too. */
const httpEventSchema = z.looseObject({
  version: z.literal('2.0'),
  rawPath: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.looseObject({ http: z.looseObject({ method: z.string() }) }),
});

/**
 * A Lambda handler. A request of HTTP is answered as `serverlessApp` answers it; any other event - a schedule of
 * EventBridge, messages of SQS - is a reason to look what there is to do, whatever it holds.
 *
 * @throws Error when something is left to do after an event that is no request, so that Lambda delivers it again
 */
export function lambdaHandler({ drain, token, onError }: LambdaDeps) {
  return async (event: unknown, context: LambdaContext): Promise<unknown> => {
    const budgetMs = (): number => budgetOf(context.getRemainingTimeInMillis());
    const { signal } = new AbortController();
    const request = httpEventSchema.safeParse(event);
    if (request.success) {
      const app = serverlessApp({ drain, budgetMs, token, signal, onError });
      return resultOf(await app.fetch(requestOf(request.data)));
    }
    if (isHttp(event)) return { statusCode: 400, headers: {}, body: 'only payload 2.0 is understood' };
    const { drained, points, left } = await drain({ withinMs: budgetMs(), signal });
    if (drained) return { drained, points, left };
    throw new Error(`not drained, to be delivered again: ${JSON.stringify({ points, left })}`);
  };
}

function budgetOf(remainingMs: number): number {
  return Math.max(remainingMs - reserveMs, remainingMs / 2);
}

/** Of another version, or of a load balancer: to be refused, for it might have come around the token. */
function isHttp(event: unknown): boolean {
  return typeof event === 'object' && event !== null && ('httpMethod' in event || 'rawPath' in event);
}

function requestOf({
  rawPath,
  headers,
  body,
  isBase64Encoded,
  requestContext,
}: z.output<typeof httpEventSchema>): Request {
  const { method } = requestContext.http;
  const content = body === undefined ? undefined : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  const withBody = content !== undefined && method !== 'GET' && method !== 'HEAD';
  return new Request(new URL(rawPath, 'https://lambda.invalid'), {
    method,
    headers,
    ...(withBody && { body: content }),
  });
}

async function resultOf(response: Response): Promise<LambdaHttpResult> {
  return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}
