import { meaningIn, meaningOfStatus, refusal, type AnswerTable } from '../common/api/answers.ts';
import type { AdapterError } from '../../src/adapter/errors.ts';
import type { HttpResponse } from '../../src/adapter/http/client.ts';

/** What the services of AWS have in common, from their API references ("Common Errors") and service models. */
const common: AnswerTable = {
  texts: [],
  codes: {
    InternalServerError: ['transient', 'the service fails'],
    InternalError: ['transient', 'the service fails'],
    ServiceUnavailable: ['transient', 'the service is not available'],
    SlowDown: ['throttled', 'too many requests'],
    ThrottlingException: ['throttled', 'too many requests'],
    Throttling: ['throttled', 'too many requests'],
    RequestLimitExceeded: ['throttled', 'too many requests'],
    AccessDeniedException: ['forbidden', 'permission is missing'],
    AccessDenied: ['forbidden', 'permission is missing'],
    UnauthorizedOperation: ['forbidden', 'permission is missing'],
    OptInRequired: ['forbidden', 'the account is not signed up for the service'],
    AuthFailure: ['auth', 'the credentials are refused'],
    InvalidClientTokenId: ['auth', 'the credentials are refused'],
    InvalidAccessKeyId: ['auth', 'the credentials are refused'],
    UnrecognizedClientException: ['auth', 'the credentials are refused'],
    SignatureDoesNotMatch: ['auth', 'the secret key is wrong'],
    InvalidSignatureException: ['auth', 'the secret key is wrong'],
    MissingAuthenticationToken: ['auth', 'there were no credentials'],
    ExpiredToken: ['auth', 'the session has expired'],
    ExpiredTokenException: ['auth', 'the session has expired'],
    RequestExpired: ['auth', 'the clock of this machine is wrong'],
    RequestTimeTooSkewed: ['auth', 'the clock of this machine is wrong'],
    UnknownOperationException: ['unsupported', 'the region does not have this operation'],
    InvalidAction: ['unsupported', 'the region does not have this operation'],
    UnsupportedOperationException: ['unsupported', 'the region does not have this operation'],
  },
  statuses: {
    401: ['auth', 'the credentials are refused'],
    403: ['forbidden', 'permission is missing'],
    429: ['throttled', 'too many requests'],
  },
};

/** How a service words that it does not do something. */
export interface ServiceError {
  readonly code: string;
  readonly message: string;
}

/**
 * The error for what a service refuses: its own table first, then what all have in common.
 *
 * @param permission what allows it: `ec2:ModifyManagedPrefixList`
 */
export function refused(
  request: string,
  response: HttpResponse,
  { code, message }: ServiceError,
  { table, permission }: { readonly table: AnswerTable; readonly permission: string },
): AdapterError {
  const known = { status: response.status, said: message, ...(code !== '' && { code }) };
  const own = meaningIn({ ...table, statuses: {} }, known);
  const meaning =
    own ??
    meaningIn({ ...common, statuses: {} }, known) ??
    meaningIn({ texts: [], statuses: { ...common.statuses, ...table.statuses } }, known) ??
    meaningOfStatus(response.status);
  const quote = [code, message.slice(0, 600).replace(/\s+/g, ' ').slice(0, 300)].filter(Boolean).join(': ');
  return refusal(request, response, meaning, {
    quote,
    ...(code !== '' && { code }),
    ...(meaning[0] === 'forbidden' && { advice: `Allow ${permission} for the role that Postern has.` }),
    outcomeUnknown: response.status >= 500,
  });
}
