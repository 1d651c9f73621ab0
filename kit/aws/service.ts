import type { AnswerTable } from '../common/api/answers.ts';
import { AdapterError, errorPolicy } from '../../src/adapter/errors.ts';
import type { HttpResponse } from '../../src/adapter/http/client.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import { refused, type ServiceError } from './refusals.ts';
import type { SignedDeps, SignedHttp } from './signed-http.ts';

/** One protocol of AWS: how an operation is asked for, and what an answer says. */
export interface Protocol {
  readonly ask: (
    operation: string,
    input: JsonObject,
  ) => { readonly body: string; readonly headers: Readonly<Record<string, string>> };
  /** Undefined: it is no answer of this service. */
  readonly answer: (operation: string, body: string) => JsonObject | undefined;
  readonly errorIn: (body: string) => ServiceError;
}

/** Asks a service for one operation. @throws AdapterError when it refuses or does not answer */
export type Operation = (operation: string, input: JsonObject) => Promise<JsonObject>;

/** A service of AWS by the names of its operations: signed requests, and nothing of what they are used for. */
export class Service {
  readonly #name: string;
  readonly #http: SignedHttp;
  readonly #protocol: Protocol;
  readonly #table: AnswerTable;
  readonly #pace: SignedDeps['pace'];

  /** @param name as permissions call it: `ec2` */
  constructor(
    name: string,
    {
      http,
      protocol,
      table,
      pace,
    }: {
      readonly http: SignedHttp;
      readonly protocol: Protocol;
      readonly table: AnswerTable;
      readonly pace: SignedDeps['pace'];
    },
  ) {
    this.#name = name;
    this.#http = http;
    this.#protocol = protocol;
    this.#table = table;
    this.#pace = pace;
  }

  /** Stops when the caller aborts. */
  asking(signal: AbortSignal): Operation {
    return async (operation, input) => {
      const template = `${this.#name} ${operation}`;
      const { body } = await this.#ask(operation, { ...this.#protocol.ask(operation, input), template, signal });
      const answer = this.#protocol.answer(operation, body);
      if (answer !== undefined) return answer;
      // A proxy's page, for instance.
      const message = `${template} was answered with something that is no answer of this service.`;
      throw new AdapterError('transient', message, { request: template });
    };
  }

  close(): void {
    this.#http.close();
  }

  async #ask(
    operation: string,
    asked: ReturnType<Protocol['ask']> & { readonly template: string; readonly signal: AbortSignal },
  ): Promise<HttpResponse> {
    const readOnly = /^(Describe|Get|List|StartQuery)/.test(operation);
    const response = await this.#http.request({ ...asked, method: 'POST', path: '/', readOnly });
    if (response.status >= 200 && response.status < 300) return response;
    const permission = `${this.#name}:${operation}`;
    const error = refused(asked.template, response, this.#protocol.errorIn(response.body), {
      table: this.#table,
      permission,
    });
    if (error.errorClass === 'throttled')
      await this.#pace?.pause(error.details.retryAfterMs ?? errorPolicy.throttled.delayMs);
    throw error;
  }
}
