import { meaningIn } from '../../../kit/common/api/answers.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { errorIn, type Answer } from '../api/client.ts';
import { answers } from '../api/answers.ts';
import { templates, type Azure } from './known.ts';

/* What Azure accepts and carries out later: the answer names an operation. */

/** New IP groups are waited for so long: no firewall learns of them. */
const patience = { polls: 12, longestMs: 5_000 } as const;

/** Waits for a new IP group. @throws AdapterError `busy` when it takes long, or as it has ended */
export async function endOf({ ask, clock }: Azure, started: Answer, what: string): Promise<void> {
  if (started.operation === undefined) return;
  let delayMs = started.retryAfterMs ?? 1_000;
  for (let poll = 0; poll < patience.polls; poll += 1) {
    await clock.sleep(Math.min(delayMs, patience.longestMs));
    const answer = await ask({ method: 'GET', path: started.operation, template: templates.operation });
    const end = endIn(answer);
    if (end === 'done') return;
    if (end !== 'not yet') throw operationFailed(what, end);
    delayMs = answer.retryAfterMs ?? delayMs;
  }
  throw new AdapterError('busy', `${what} is still being made; Postern looks again.`);
}

/** What the answer to the question after an operation says; an object: why it has failed. */
export function endIn({ status, body }: Answer): 'not yet' | 'done' | JsonObject {
  const said = textOf(body['status']);
  if (said === '') return status === 202 ? 'not yet' : 'done';
  if (/^(Failed|Canceled)$/i.test(said)) return body;
  return /^Succeeded$/i.test(said) ? 'done' : 'not yet';
}

export function operationFailed(what: string, body: JsonObject): AdapterError {
  const { code, message } = errorIn(body);
  const [errorClass, meaning] = meaningIn(answers, { status: 0, code, said: `${code} ${message}` }) ?? ['failed', ''];
  const why = [meaning, [code, message].filter(Boolean).join(': ')].filter(Boolean).join(': ').slice(0, 400);
  return new AdapterError(
    errorClass === 'not-found' ? 'conflict' : errorClass,
    `Azure has given up the update of ${what}${why === '' ? '' : ` (${why})`}. What was in force before is in force; the same is put again.`,
    { code, status: 0 },
  );
}
