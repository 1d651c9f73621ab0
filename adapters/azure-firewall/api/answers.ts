import type { AnswerTable } from '../../../kit/common/api/answers.ts';

/* What Azure Resource Manager and the network service mean by their codes ("Common deployment errors", "Troubleshoot Azure RBAC"). */

const codes: AnswerTable['codes'] = {
  AuthorizationFailed: ['forbidden', 'the identity has no right to it; give it the role in the README'],
  LinkedAuthorizationFailed: [
    'forbidden',
    'the identity may not use something that is named there; give it the role in the README',
  ],
  DenyAssignmentAuthorizationFailed: [
    'forbidden',
    'a deny assignment of a managed application or a deployment stack forbids it: its administrator has to exclude the identity of Postern',
  ],
  ScopeLocked: [
    'forbidden',
    'a lock stops it; take it away, or put the IP groups elsewhere (config.ipGroupsResourceGroup)',
  ],
  RequestDisallowedByPolicy: [
    'forbidden',
    'an Azure policy forbids it: an administrator of the subscription has to exempt the resource',
  ],
  InvalidAuthenticationToken: ['auth', 'the token is not taken; compare the clock of the node with the time'],
  InvalidAuthenticationTokenTenant: ['auth', 'the subscription is in another tenant; check config.tenantId'],
  ExpiredAuthenticationToken: ['auth', 'the token has expired; compare the clock of the node with the time'],
  SubscriptionNotFound: [
    'invalid',
    'there is no such subscription, or the identity does not see it; check config.subscriptionId',
  ],
  ResourceGroupNotFound: [
    'invalid',
    'there is no such resource group; check config.resourceGroup and config.ipGroupsResourceGroup',
  ],
  ResourceNotFound: ['not-found', 'it is not there'],
  NotFound: ['not-found', 'it is not there'],
  ParentResourceNotFound: ['invalid', 'there is no such policy; check config.policy'],
  InvalidResourceReference: ['conflict', 'an object that it refers to no longer exists'],
  AnotherOperationInProgress: ['busy', 'another operation is at work on it'],
  RetryableError: ['busy', 'another operation is at work on it'],
  RetryableErrorDueToAnotherOperation: ['busy', 'another operation is at work on it'],
  CanceledAndSupersededDueToAnotherOperation: ['conflict', 'another update has replaced it in the meantime'],
  OperationCanceled: ['conflict', 'it was cancelled'],
  SubscriptionRequestsThrottled: ['throttled', 'the subscription is asked too often'],
  TooManyRequests: ['throttled', 'it is asked too often'],
  QuotaExceeded: ['quota', 'a limit of the subscription is reached'],
};

const texts: AnswerTable['texts'] = [
  [/\bis in use\b/i, 'in-use', 'a rule names it'],
  [
    /NotAllowedWhenUpdatingOrDeleting|is (already )?(being updated|in (the )?Updating)|faulted referenced/i,
    'busy',
    'another update is at work, or has failed',
  ],
  [/(exceed|limit|maximum).{0,60}(IP ?groups|rule collection|size|MB)/i, 'quota', 'a limit of the policy is reached'],
];

export const answers: AnswerTable = {
  texts,
  codes,
  statuses: {
    401: ['auth', 'the token is not taken'],
    403: ['forbidden', 'the identity has no right to it; give it the role in the README'],
    404: ['not-found', 'it is not there'],
    409: ['busy', 'it cannot be done now'],
    412: ['conflict', 'it was changed meanwhile'],
    429: ['throttled', 'it is asked too often'],
    503: ['transient', 'Azure is not available'],
  },
};
