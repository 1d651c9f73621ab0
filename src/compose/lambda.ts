import { createLog } from '../log/log.ts';
import { messageOf } from '../log/scrub.ts';
import { printable } from '../log/printable.ts';
import { lambdaHandler, type LambdaContext } from '../serverless/lambda.ts';
import { readEnvironment } from './environment.ts';
import { drainOnRedis } from './worker.ts';

const environment = readEnvironment();
const log = createLog((line) => void process.stdout.write(printable(line)), 'lambda');

/**
 * `index.handler` of the Lambda bundle: each event makes it work off the queue, as a worker does. Its settings are in its
 * environment: REDIS_URL, POSTERN_CLUSTER, POSTERN_SECRETS_DIR or KUBECONFIG, POSTERN_SERVE_TOKEN.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<unknown> {
  const handle = lambdaHandler({
    drain: drainOnRedis({ choice: { concurrency: 10 }, environment, log }),
    token: environment.serveToken,
    onError: (error) => log.error(messageOf(error)),
  });
  return handle(event, context);
}
