import { AdapterError, errorPolicy } from './errors.ts';
import type { HttpRequest, HttpResponse } from './http-messages.ts';
import { Lanes } from './lanes.ts';
import type { Pace } from './pace.ts';

/** Where requests to one device wait for a connection and for the device's pace. */
export class HttpLine {
  readonly #lanes: Lanes;
  readonly #pace: Pace | undefined;

  constructor(maxSockets: number, pace: Pace | undefined) {
    this.#lanes = new Lanes(maxSockets);
    this.#pace = pace;
  }

  /** @throws AdapterError when it was given up while it waited */
  async send(request: HttpRequest, send: (request: HttpRequest) => Promise<HttpResponse>): Promise<HttpResponse> {
    const leave = await this.#enter(request);
    try {
      await this.#admitted(request);
      const response = await send(request);
      if (response.status === 429) await this.#pace?.pause(restMs(response));
      return response;
    } finally {
      leave();
    }
  }

  async #enter(request: HttpRequest): Promise<() => void> {
    return await this.#lanes.enter(request.method !== 'GET', request.signal).catch(givenUp(request));
  }

  async #admitted(request: HttpRequest): Promise<void> {
    await this.#pace?.admit(request.signal).catch(givenUp(request));
  }
}

function givenUp({ method, template, signal }: HttpRequest): (error: unknown) => never {
  return (error) => {
    if (signal?.aborted !== true) throw error;
    throw new AdapterError('transient', `${method} ${template} was not sent: it was given up while it waited.`);
  };
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), and where it says nothing, what a throttled device is given. */
function restMs({ headers }: HttpResponse): number {
  const text = headers['retry-after'] ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.parse(headers['date'] ?? '');
  return ms > 0 ? ms : errorPolicy.throttled.delayMs;
}
