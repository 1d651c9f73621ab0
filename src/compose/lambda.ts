import { lambdaHandler, type LambdaContext } from '../serverless/lambda.ts';
import { redisDrain } from './drainer.ts';
import { workerChoice } from './worker-choice.ts';
import { readEnvironment } from './environment.ts';
import { createLog, messageOf } from '../log/log.ts';
import { visible } from '../log/printable.ts';

const environment = readEnvironment();
const out = visible({ write: (text: string) => process.stdout.write(text), isTerminal: false, width: 120 });
const log = createLog({ out }, 'lambda');

/**
 * `index.handler` of the Lambda bundle: does with each event what there is to do for a worker. What it works with stands
 * in its environment: REDIS_URL, POSTERN_CLUSTER, POSTERN_SECRETS_DIR or KUBECONFIG, POSTERN_SERVE_TOKEN.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<unknown> {
  const choice = workerChoice({ concurrency: 10 }, environment);
  const handle = lambdaHandler({
    drain: redisDrain({ ...choice, log }),
    token: environment.serveToken,
    onError: (error) => log.error(messageOf(error)),
  });
  return handle(event, context);
}
