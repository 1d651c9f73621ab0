import { z } from 'zod';
import { readHandle } from '../../kit/common/handle.ts';
import { Ownership } from '../../kit/common/ownership/ownership.ts';
import type { AdapterDeps, Batch, Live, Observed, Outcome, Session } from '../../src/adapter/adapter.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { AdapterError, type ErrorClass } from '../../src/adapter/errors.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { ResourceKey } from '../../src/core/model/resource.ts';
import type { MemoryConfig } from './config.ts';
import type { DeviceRequest } from './device.ts';
import { groupResource, groupSchema, ruleResource, ruleSchema } from './native.ts';
import type { MemorySimulator } from './simulator.ts';

interface SessionDeps extends AdapterDeps {
  readonly config: MemoryConfig;
  readonly capabilities: Capabilities;
}

export class MemorySession implements Session {
  readonly #device: MemorySimulator;
  readonly #deps: SessionDeps;

  constructor(device: MemorySimulator, deps: SessionDeps) {
    this.#device = device;
    this.#deps = deps;
  }

  probe(): Promise<Capabilities> {
    const { capabilities, config } = this.#deps;
    const { transactions, pollsPerWrite } = config;
    const { version } = this.#device;
    // A transaction may touch anything.
    if (transactions) return Promise.resolve({ ...capabilities, version, transactions, serialised: 'target' });
    const sideBySide = pollsPerWrite === 0 && { callsInFlight: 4 };
    return Promise.resolve({ ...capabilities, version, transactions, serialised: 'object', ...sideBySide });
  }

  async observe(): Promise<Observed> {
    const groups = await this.#read('/group', groupSchema);
    const rules = await this.#read('/rule', ruleSchema);
    const ownership = new Ownership(this.#deps.owner, 'mark');
    const ours = [
      ...ownership.ours('group', groups).map(({ subject: _, ...group }) => groupResource(group)),
      ...ownership.ours('rule', rules).map(({ subject: _, ...rule }, position) => ruleResource(rule, position)),
    ];
    // Whatever cannot be read throws.
    const { foreign, neighbours } = ownership;
    return { complete: true, resources: ours, foreign, ...(neighbours && { neighbours }) };
  }

  async send({ changes }: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const requests = changes.map(requestFor);
    const [only, ...more] = requests;
    const request =
      only === undefined || more.length > 0
        ? { method: 'POST' as const, path: '/transaction', body: { requests } }
        : only;
    const { pollsPerWrite } = this.#deps.config;
    const sent = pollsPerWrite === 0 ? request : { ...request, operation: pollsPerWrite };
    const keys = changes.map(({ key }) => key);
    try {
      return outcomesOf(keys, await this.#call(sent, signal));
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error; // a defect, or the signal
      return keys.map((key) => ({ key, result: 'error', error }));
    }
  }

  /** A handle is the path of the operation and the objects that it is about. */
  async poll(handle: string): Promise<readonly Outcome[]> {
    const { operation, keys } = readHandle(handle, handleSchema);
    const answer = operationSchema.parse(await this.#call({ method: 'GET', path: operation }, this.#deps.signal));
    if (answer.status === 202) return outcomesOf(keys, { operation });
    return keys.map((key) =>
      answer.status < 300
        ? { key, result: 'done' }
        : { key, result: 'error', error: failed(`GET ${operation}`, answer.status) },
    );
  }

  live(): Promise<Live> {
    return Promise.resolve({ state: 'live', evidence: 'the tables that were read back are the data plane' });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #read<T>(path: string, schema: z.ZodType<T>): Promise<T[]> {
    const read = z.array(schema).safeParse(await this.#call({ method: 'GET', path }, this.#deps.signal));
    if (read.success) return read.data;
    throw new AdapterError('transient', `GET ${path} was answered with something that is no table.`, {
      request: `GET ${path}`,
    });
  }

  async #call(request: DeviceRequest, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    await this.#deps.pace?.admit(signal);
    const template = `${request.method} ${request.path}`;
    const answer = await this.#device.request(request);
    if (answer === 'cut') {
      const details = { request: template, status: 0, outcomeUnknown: true };
      throw new AdapterError('transient', `The connection was cut during ${template}.`, details);
    }
    const { status, body, retryAfterMs } = answer;
    if (status < 300) return body;
    if (status === 429) await this.#deps.pace?.pause(retryAfterMs ?? 1_000);
    throw failed(template, status, retryAfterMs);
  }
}

const pollAfterMs = 1_000;
const startedSchema = z.object({ operation: z.string() });
const handleSchema = startedSchema.extend({ keys: z.array(z.object({ kind: z.string(), name: z.string() })) });
/** What became of an operation, as an HTTP status; 202: it has not ended. */
const operationSchema = z.object({ status: z.int() });

/** Done, unless the device has answered that an operation was started. */
function outcomesOf(keys: readonly ResourceKey[], answer: unknown): readonly Outcome[] {
  const started = startedSchema.safeParse(answer);
  if (!started.success) return keys.map((key) => ({ key, result: 'done' }));
  const handle = JSON.stringify({ operation: started.data.operation, keys });
  return keys.map((key) => ({ key, result: 'pending', handle, pollAfterMs, deviceSays: 'accepted' }));
}

function failed(template: string, status: number, retryAfterMs?: number): AdapterError {
  const details = { request: template, status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return new AdapterError(errorClasses[status] ?? 'transient', `${template} was answered with ${status}.`, details);
}

const errorClasses: Readonly<Record<number, ErrorClass>> = {
  400: 'invalid',
  401: 'auth',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  423: 'in-use',
  429: 'throttled',
  503: 'busy',
  507: 'quota',
};

function requestFor(change: Change): DeviceRequest {
  const path = `/${change.key.kind}/${change.key.name}`;
  switch (change.op) {
    case 'create': {
      const { spec, members } = change.after;
      return { method: 'POST', path, body: { ...spec, ...(members && { members }), ...(change.place ?? {}) } };
    }
    case 'update':
      return { method: 'PATCH', path, body: change.after.spec };
    case 'members':
      return { method: 'POST', path: `${path}/members`, body: { add: change.add, remove: change.remove } };
    case 'move':
      return { method: 'POST', path: `${path}/move`, body: { after: change.place.after } };
    case 'delete':
      return { method: 'DELETE', path };
  }
}
