import type { ApiError } from '../api-error.ts';

/**
 *   syncing       the first list is on its way
 *   healthy       a watch is open: what happens is seen
 *   stalled       the server answers, but not with what is needed (overloaded, garbled, silent)
 *   denied        a permission or the credential is missing; a person is needed
 *   unreachable   no answer
 */
export interface Health {
  readonly state: 'syncing' | 'healthy' | 'stalled' | 'denied' | 'unreachable';
  /** When the state was entered, in milliseconds since the epoch. */
  readonly since: number;
  /** What is wrong and what to do about it; empty when nothing is. */
  readonly message: string;
  /** When the server last said something on the watch or in a list, in milliseconds since the epoch; undefined: never. */
  readonly lastEvent: number | undefined;
}

export type Verb = 'list' | 'watch';

/** What a failure means for following a resource. `listed`: LIST has worked before this WATCH was tried. */
export function diagnose(error: ApiError, verb: Verb, plural: string): Pick<Health, 'state' | 'message'> {
  if (error.status === 403) {
    const contrast = verb === 'watch' ? `may list ${plural} but not watch them` : `may not list ${plural}`;
    return { state: 'denied', message: `${contrast}: grant ${verb} on ${plural} (${error.message})` };
  }
  if (error.status === 401)
    return { state: 'denied', message: `the credential is refused: renew it (${error.message})` };
  if (error.status === 404) {
    return { state: 'stalled', message: `${plural} are not served: install their CustomResourceDefinition` };
  }
  const state = error.reason === 'Unreachable' || error.reason === 'CredentialsUnavailable' ? 'unreachable' : 'stalled';
  return { state, message: error.message };
}
