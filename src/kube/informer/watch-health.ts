import type { ApiError } from '../api-error.ts';

/**
 *   syncing       the first list has not ended
 *   healthy       a watch is open
 *   stalled       the server answers, but with nothing of use (overloaded, garbled, silent)
 *   denied        a permission or the credential is missing; a person has to act
 *   unreachable   no answer
 */
export interface Health {
  readonly state: 'syncing' | 'healthy' | 'stalled' | 'denied' | 'unreachable';
  /** When the state was entered, in milliseconds of the clock that cannot be set. */
  readonly since: number;
  /** What is wrong and what to do about it; empty when nothing is. */
  readonly message: string;
  /** When the server last sent anything on a watch or list, in milliseconds since the epoch; undefined: never. */
  readonly lastEvent: number | undefined;
}

export type Verb = 'list' | 'watch';

/** What a failed list or watch means. A watch is tried only after a list has worked. */
export function diagnose(error: ApiError, verb: Verb, plural: string): Pick<Health, 'state' | 'message'> {
  const { status, reason, message } = error;
  switch (status) {
    case 401:
      return { state: 'denied', message: `the credential is refused: renew it (${message})` };
    case 403: {
      const lacks = verb === 'watch' ? `may list ${plural} but not watch them` : `may not list ${plural}`;
      return { state: 'denied', message: `${lacks}: grant ${verb} on ${plural} (${message})` };
    }
    case 404:
      return { state: 'stalled', message: `${plural} are not served: install their CustomResourceDefinition` };
    default: {
      const unreachable = reason === 'Unreachable' || reason === 'CredentialsUnavailable';
      return { state: unreachable ? 'unreachable' : 'stalled', message };
    }
  }
}

/** Everything except a passing failure, of the server or of ours, means that the server does not do this. */
export function isRefusal(status: number, reason: string): boolean {
  const unanswered = ['Unreachable', 'CredentialsUnavailable', 'SuspiciousList'].includes(reason);
  return !unanswered && status !== 401 && status !== 429 && status < 500;
}
