import type { Embedded, MatrixView, Overview, TimelineView, WhyView } from '../../src/console/views/shapes.ts';

/** The documents that can be asked for, by name. */
export interface Documents {
  readonly overview: Overview;
  readonly matrix: MatrixView;
  readonly timeline: TimelineView;
}

/** Where the console has its data from: a running process, or the page itself. */
export interface Source {
  readonly live: boolean;
  /** The same object as before, as long as nothing has changed. @throws Failure */
  read<K extends keyof Documents>(name: K): Promise<Documents[K]>;
  /** @throws Failure */
  why(from: string, to: string): Promise<WhyView>;
  /** Shown with each request from now on, and kept until the tab is closed. */
  signIn(token: string): void;
  signOut(): void;
  /** The user has entered a token, valid or not. */
  readonly signedIn: boolean;
}

/** Why something is not shown. */
export class Failure extends Error {
  override readonly name = 'Failure';
  /** Of HTTP; 0: no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function openSource(page: Document): Source {
  const text = page.getElementById('postern-data')?.textContent;
  return text == null ? new Served() : new InPage(JSON.parse(text) as Embedded);
}

class InPage implements Source {
  readonly live = false;
  readonly #data: Embedded;

  constructor(data: Embedded) {
    this.#data = data;
  }

  read<K extends keyof Documents>(name: K): Promise<Documents[K]> {
    const documents: Readonly<{ [N in keyof Documents]: Documents[N] | null }> = this.#data;
    const found = documents[name];
    if (found !== null) return Promise.resolve(found);
    return Promise.reject(
      new Failure(404, 'This page was made from the audit record alone, which does not tell this.'),
    );
  }

  why(): Promise<WhyView> {
    return Promise.reject(new Failure(404, 'A page cannot look through the layers; `postern why` can.'));
  }

  readonly signedIn = false;

  signIn(): void {
    // The page contains its data.
  }

  signOut(): void {
    // The same.
  }
}

const tokenKey = 'postern-token';

class Served implements Source {
  readonly live = true;
  readonly #last = new Map<string, { readonly etag: string; readonly value: unknown }>();

  async read<K extends keyof Documents>(name: K): Promise<Documents[K]> {
    const known = this.#last.get(name);
    const answer = await this.#get(name, known?.etag);
    if (answer.status === 304 && known !== undefined) return known.value as Documents[K];
    const value = (await answer.json()) as Documents[K];
    this.#last.set(name, { etag: answer.headers.get('ETag') ?? '', value });
    return value;
  }

  async why(from: string, to: string): Promise<WhyView> {
    const query = new URLSearchParams({ from, to }).toString();
    return (await (await this.#get(`why?${query}`)).json()) as WhyView;
  }

  signIn(token: string): void {
    sessionStorage.setItem(tokenKey, token);
    this.#last.clear();
  }

  signOut(): void {
    sessionStorage.removeItem(tokenKey);
    this.#last.clear();
  }

  get signedIn(): boolean {
    return sessionStorage.getItem(tokenKey) !== null;
  }

  async #get(path: string, etag?: string): Promise<Response> {
    const token = sessionStorage.getItem(tokenKey);
    const headers = {
      ...(token !== null && { Authorization: `Bearer ${token}` }),
      ...(etag !== undefined && { 'If-None-Match': etag }),
    };
    const answer = await fetch(`../api/v1/${path}`, { headers, credentials: 'omit' }).catch(() => undefined);
    if (answer === undefined)
      throw new Failure(0, 'Postern does not answer. Is it running, and is the way to it open?');
    if (answer.ok || answer.status === 304) return answer;
    const { error } = (await answer.json().catch(() => ({}))) as { error?: string };
    throw new Failure(answer.status, error ?? `Postern answers ${answer.status}.`);
  }
}
