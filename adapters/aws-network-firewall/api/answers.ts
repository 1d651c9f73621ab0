import type { AnswerTable } from '../../../kit/common/api/answers.ts';

/** What the codes of these two services mean, from their API references ("Error codes for the Amazon EC2 API") and service models; `kit/aws` has those of all. */
const codes: AnswerTable['codes'] = {
  InvalidTokenException: ['conflict', 'it was changed since Postern read it'],
  PrefixListVersionMismatch: ['conflict', 'the prefix list was changed since Postern read it'],
  'InvalidPrefixListVersion.NotFound': ['conflict', 'the prefix list was changed since Postern read it'],
  InvalidPrefixListModification: ['conflict', 'the prefix list does not hold what it was taken to hold'],
  IncorrectState: ['busy', 'an earlier change of the object is not complete'],
  ConcurrentMutationLimitExceeded: ['busy', 'an earlier change of the object is not complete'],
  ResourceNotFoundException: ['not-found', 'it is not there'],
  'InvalidPrefixListID.NotFound': ['not-found', 'the prefix list is not there'],
  InvalidOperationException: ['in-use', 'it is in use, or protected against changes'],
  DependencyViolation: ['in-use', 'the prefix list is in use'],
  LimitExceededException: ['quota', 'a quota of the account is used up; ask AWS to raise it'],
  PrefixListLimitExceeded: ['quota', 'the quota of prefix lists is used up; ask AWS to raise it'],
  PrefixListMaxEntriesExceeded: ['quota', 'the prefix list is full'],
  InsufficientCapacityException: ['transient', 'AWS has no capacity for it now'],
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
    404: ['unsupported', 'the endpoint does not know the operation; check the region and the URLs in config'],
  },
};
