export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, already encoded. */
  readonly path: string;
  /** What errors call this request: `/mgmt/tm/security/{name}`, without names, queries or bodies. */
  readonly template: string;
  readonly body?: string;
  /** Whatever its method, it changes nothing: it is on no record of writes, and may be repeated. */
  readonly readOnly?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** May it change something? */
export function isWrite({ method, readOnly = method === 'GET' }: HttpRequest): boolean {
  return !readOnly;
}

/** Any answer, whatever its status but a redirect: what it means is for the adapter to say. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); undefined where the answer does not ask for a delay. */
export function retryAfterMs(headers: HttpResponse['headers']): number | undefined {
  const text = headers['retry-after'] ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.parse(headers['date'] ?? '');
  return ms > 0 ? ms : undefined;
}
