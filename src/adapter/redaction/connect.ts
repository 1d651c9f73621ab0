import type { Adapter, AdapterDeps, Observed, Outcome, Session } from '../adapter.ts';
import { AdapterError, type AdapterErrorDetails } from '../errors.ts';
import { inSlices } from '../in-slices.ts';
import { eachWithTexts, textForPeople, textOfObject, withTexts } from './device-text.ts';
import { KnownCredentials } from './known-credentials.ts';

/**
 * Connects to a device, and redacts all that the session returns - errors, versions, evidence,
 * what others own, the objects it read - has no credential of this point in it, no control characters, and no endless
 * texts, although devices and proxies repeat what they are sent. Every session is opened here.
 */
export async function connect<C>(
  adapter: Pick<Adapter<C>, 'connect'>,
  config: C,
  deps: Omit<AdapterDeps, 'credentials'>,
): Promise<Session> {
  const credentials = new KnownCredentials(deps.secret, [deps.owner.cluster, deps.point]);
  const leaving = new Leaving(credentials);
  const session = await leaving.from(() => adapter.connect(config, { ...deps, credentials }));
  const [rehearse, evidence] = [session.rehearse?.bind(session), session.evidence?.bind(session)];
  const [submit, retire] = [session.submit?.bind(session), session.retire?.bind(session)];
  const gate: EveryMethod = {
    probe: () => leaving.from(() => session.probe(), leaving.text),
    observe: () => leaving.from(() => session.observe(), leaving.observed),
    send: (batch, signal) => leaving.from(() => session.send(batch, signal), leaving.outcomes),
    submit: submit && ((batch, signal) => leaving.from(() => submit(batch, signal), leaving.outcomes)),
    poll: (handle) => leaving.from(() => session.poll(handle), leaving.outcomes),
    othersWrote: session.othersWrote?.bind(session),
    live: () => leaving.from(() => session.live(), leaving.text),
    retire: retire && ((change, signal) => leaving.from(() => retire(change, signal), leaving.outcome)),
    rehearse: rehearse && ((changes, signal) => leaving.from(() => rehearse(changes, signal))),
    evidence: evidence && (() => leaving.from(() => evidence(), leaving.text)),
    close: () => leaving.from(() => session.close()),
  };
  return gate as Session;
}

/** A method that a session has and this gate does not is an error of types. */
type EveryMethod = { readonly [K in keyof Required<Session>]: Session[K] | undefined };

/** What a session says, as others may hear it. */
class Leaving {
  readonly #credentials: KnownCredentials;

  constructor(credentials: KnownCredentials) {
    this.#credentials = credentials;
  }

  async from<T>(said: () => Promise<T>, clean: (value: T) => T | Promise<T> = (value) => value): Promise<T> {
    try {
      return await clean(await said());
    } catch (error) {
      throw this.#error(error);
    }
  }

  readonly text = <T>(value: T): T => withTexts(value, this.#text);

  readonly observed = async ({ resources, foreign, others, ...rest }: Observed): Promise<Observed> => ({
    ...this.text(rest),
    resources: await inSlices(eachWithTexts(resources, this.#object)),
    ...(others && { others: await inSlices(eachWithTexts(others, this.#object)) }),
    foreign: foreign.map((item) => ({ ...this.text(item), name: this.#object(item.name) })),
  });

  readonly outcomes = (outcomes: readonly Outcome[]): readonly Outcome[] =>
    outcomes.map((outcome) => this.outcome(outcome));

  readonly #text = (text: string): string => textForPeople(text, this.#credentials);

  readonly #object = (text: string): string => textOfObject(text, this.#credentials);

  readonly outcome = (outcome: Outcome): Outcome => {
    switch (outcome.result) {
      case 'done':
        return outcome;
      case 'pending': {
        const { deviceSays } = outcome;
        const said = deviceSays === undefined ? {} : { deviceSays: this.#text(deviceSays) };
        return { ...outcome, handle: this.#object(outcome.handle), ...said };
      }
      case 'error':
        return { ...outcome, error: this.#adapterError(outcome.error) };
    }
  };

  #error(error: unknown): unknown {
    if (error instanceof AdapterError) return this.#adapterError(error);
    if (!(error instanceof Error)) return error;
    const message = this.#text(error.message);
    return message === error.message ? error : new Error(message);
  }

  #adapterError(error: AdapterError): AdapterError {
    const details: AdapterErrorDetails = this.text(error.details);
    const message = this.#text(error.message);
    return message === error.message && details === error.details
      ? error
      : new AdapterError(error.errorClass, message, details);
  }
}
