import type { AnswerTable } from '../../../kit/common/api/answers.ts';

/** What the codes of both services mean, from their API references ("Common Errors", "Error codes for the Amazon EC2 API") and service models. */
const codes: AnswerTable['codes'] = {
  InvalidTokenException: ['conflict', 'somebody has changed it since it was read'],
  PrefixListVersionMismatch: ['conflict', 'somebody has changed the prefix list since it was read'],
  'InvalidPrefixListVersion.NotFound': ['conflict', 'somebody has changed the prefix list since it was read'],
  InvalidPrefixListModification: ['conflict', 'the prefix list does not hold what it was taken to hold'],
  IncorrectState: ['busy', 'an earlier change of it is not complete'],
  ConcurrentMutationLimitExceeded: ['busy', 'an earlier change of it is not complete'],
  ResourceNotFoundException: ['not-found', 'it is not there'],
  'InvalidPrefixListID.NotFound': ['not-found', 'the prefix list is not there'],
  InvalidOperationException: ['in-use', 'it is in use, or protected against changes'],
  DependencyViolation: ['in-use', 'the prefix list is in use'],
  LimitExceededException: ['quota', 'a quota of the account is used up; ask AWS to raise it'],
  PrefixListLimitExceeded: ['quota', 'the quota of prefix lists is used up; ask AWS to raise it'],
  PrefixListMaxEntriesExceeded: ['quota', 'the prefix list is full'],
  InsufficientCapacityException: ['transient', 'AWS has no capacity for it now'],
  InternalServerError: ['transient', 'the service fails'],
  ServiceUnavailable: ['transient', 'the service is not available'],
  ThrottlingException: ['throttled', 'too many requests'],
  Throttling: ['throttled', 'too many requests'],
  RequestLimitExceeded: ['throttled', 'too many requests'],
  AccessDeniedException: ['forbidden', 'permission is missing'],
  UnauthorizedOperation: ['forbidden', 'permission is missing'],
  OptInRequired: ['forbidden', 'the account is not signed up for the service'],
  AuthFailure: ['auth', 'the credentials are refused'],
  InvalidClientTokenId: ['auth', 'the credentials are refused'],
  UnrecognizedClientException: ['auth', 'the credentials are refused'],
  SignatureDoesNotMatch: ['auth', 'the secret key is wrong'],
  InvalidSignatureException: ['auth', 'the secret key is wrong'],
  MissingAuthenticationToken: ['auth', 'there were no credentials'],
  ExpiredToken: ['auth', 'the session has expired'],
  ExpiredTokenException: ['auth', 'the session has expired'],
  RequestExpired: ['auth', 'the clock of this machine is wrong'],
  UnknownOperationException: ['unsupported', 'the region does not have this operation'],
  InvalidAction: ['unsupported', 'the region does not have this operation'],
  UnsupportedOperationException: ['unsupported', 'the region does not have this operation'],
};

/** Of what comes as an invalid request, what the text says. */
const texts: AnswerTable['texts'] = [
  [
    /Priority cannot be provided/i,
    'unsupported',
    'the policy does not evaluate its rule groups in strict order; create one with RuleOrder STRICT_ORDER',
  ],
  [/already exists/i, 'conflict', 'there is one of that name'],
  [/IP set references|stateful rule groups|the capacity|quota/i, 'quota', 'a quota is used up'],
];

export const answers: AnswerTable = {
  texts,
  codes,
  statuses: {
    401: ['auth', 'the credentials are refused'],
    403: ['forbidden', 'permission is missing'],
    404: ['unsupported', 'the endpoint does not know the operation; check the region and the URLs in config'],
    429: ['throttled', 'too many requests'],
  },
};

/** What a permission is called, for the operation that lacks it. */
export function permissionFor(service: 'network-firewall' | 'ec2', operation: string): string {
  return `${service}:${operation}`;
}
