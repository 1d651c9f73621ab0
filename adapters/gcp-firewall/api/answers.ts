import type { AnswerTable } from '../../../kit/common/api/answers.ts';

/*
 * What Google's services mean by the reasons and codes of their errors ("Error handling" of Compute Engine, `google.rpc.Code`). A status
 * says little: a rule that is not there is answered with 400, and a quota that is used up with 403.
 */

const right = 'the identity has no right to it; give it the role in the README';

const codes: AnswerTable['codes'] = {
  // Compute Engine.
  conditionNotMet: ['conflict', 'the policy was changed in the meantime; Postern reads it again'],
  resourceNotReady: ['busy', 'another change of the policy is in progress, perhaps by another client'],
  resourceInUseByAnotherResource: ['in-use', 'something else uses it'],
  alreadyExists: ['conflict', 'it is there already'],
  notFound: ['not-found', 'it is not there; check config.project, config.region and config.policy'],
  quotaExceeded: ['quota', 'a quota is used up; ask Google for more, or divide the namespaces among several policies'],
  limitExceeded: ['quota', 'a limit is reached; divide the namespaces among several policies'],
  rateLimitExceeded: ['throttled', 'the project is asked too often'],
  userRateLimitExceeded: ['throttled', 'the project is asked too often'],
  forbidden: ['forbidden', right],
  authError: ['auth', 'the token is not taken; compare the clock of the node with the time'],
  backendError: ['transient', 'Google fails'],
  // Why an operation has failed, and the Network Security API.
  RESOURCE_NOT_READY: ['busy', 'another change of the object is in progress'],
  CONDITION_NOT_MET: ['conflict', 'the policy was changed in the meantime; Postern reads it again'],
  RESOURCE_NOT_FOUND: ['conflict', 'an object that it refers to no longer exists'],
  QUOTA_EXCEEDED: ['quota', 'a quota is used up; ask Google for more, or divide the namespaces among several policies'],
  RESOURCE_EXHAUSTED: ['throttled', 'the project is asked too often'],
  ALREADY_EXISTS: ['conflict', 'it is there already'],
  ABORTED: ['busy', 'another change of the object is in progress'],
  FAILED_PRECONDITION: ['in-use', 'something still names it'],
  PERMISSION_DENIED: ['forbidden', right],
  UNAUTHENTICATED: ['auth', 'the token is not taken; compare the clock of the node with the time'],
  NOT_FOUND: ['not-found', 'it is not there'],
  UNAVAILABLE: ['transient', 'Google is not available'],
  SERVICE_DISABLED: [
    'unsupported',
    'the API is not enabled in the project: the owner of the project has to enable it (gcloud services enable)',
  ],
};

export const answers: AnswerTable = {
  texts: [[/does not contain a rule at priority/i, 'not-found', 'there is no rule with that priority']],
  codes,
  statuses: {
    401: ['auth', 'the token is not taken; compare the clock of the node with the time'],
    403: ['forbidden', right],
    404: ['not-found', 'it is not there'],
    409: ['conflict', 'it is there already'],
    412: ['conflict', 'the object was changed in the meantime; Postern reads it again'],
    429: ['throttled', 'the project is asked too often'],
    503: ['transient', 'Google is not available'],
  },
};
