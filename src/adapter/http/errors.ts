import { ClientRequest } from 'node:http';
import { AxiosError } from 'axios';
import { AdapterError, type AdapterErrorDetails, type ErrorClass } from '../errors.ts';
import { isWrite, type HttpRequest } from './messages.ts';

/** What errors call a request. */
export function nameOf({ method, template }: HttpRequest): string {
  return `${method} ${template}`;
}

/** For a request that was aborted before its turn; anything else is passed on. */
export function abortedBeforeSending(request: HttpRequest): (error: unknown) => never {
  return (error) => {
    if (request.signal?.aborted !== true) throw error;
    throw new AdapterError('transient', `${nameOf(request)} was not sent: it was given up while it waited.`);
  };
}

/** Failures before the request could have reached the device: certainly nothing was done. */
const notSent = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_INVALID_URL|EPROTO)$/;
const distrusted = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS/;

/** The library's error, without headers and bodies. */
export function unanswered(
  error: unknown,
  request: HttpRequest,
  { place, late }: { readonly place: string; readonly late: boolean },
): AdapterError {
  const code = codeOf(error);
  const name = nameOf(request);
  if (distrusted.test(code)) return distrust(code, name, place);
  const outcomeUnknown = isWrite(request) && !notSent.test(code);
  const reused = isReused(error);
  const details: AdapterErrorDetails = { code, status: 0, request: name, outcomeUnknown, ...(reused && { reused }) };
  const errorClass: ErrorClass = code === 'ERR_INVALID_URL' ? 'invalid' : 'transient';
  return new AdapterError(
    errorClass,
    `No answer to ${name} at ${place}: ${late ? 'it took too long' : why(code)}.`,
    details,
  );
}

function why(code: string): string {
  return code === 'ERR_CANCELED' ? 'it was given up before there was one' : code;
}

/** Was a connection that was open already closed before it gave an answer? */
export function wasClosed(error: unknown): boolean {
  if (!(error instanceof AdapterError)) return false;
  const { code = '', reused = false } = error.details;
  return reused && /^(ECONNRESET|EPIPE)$/.test(code);
}

function isReused(error: unknown): boolean {
  return error instanceof AxiosError && error.request instanceof ClientRequest && error.request.reusedSocket;
}

function distrust(code: string, request: string, place: string): AdapterError {
  const message = `The device's TLS certificate is not trusted (${code}, at ${place}). Put the certificate of its authority into the secret as ca.crt, and use a URL that the certificate names.`;
  return new AdapterError('auth', message, { code, status: 0, request });
}

function codeOf(error: unknown): string {
  const [code = 'failed'] = [error instanceof AxiosError ? error.cause : undefined, error].flatMap((known) =>
    known instanceof Error && 'code' in known && typeof known.code === 'string' ? [known.code] : [],
  );
  return code;
}
