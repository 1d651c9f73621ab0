import type { AnswerTable } from '../../../kit/common/api/answers.ts';

/**
 * What the device's sentences mean, whatever the HTTP status: 400 is said of a bad value, of a clash inside a
 * transaction, of an object in use and of too many tokens alike. The first that fits counts. Numbers such as 01070320
 * are those of mcpd, the configuration database; most sentences come with one.
 */
const texts: AnswerTable['texts'] = [
  [/not registered/i, 'transient', 'the REST service is starting'],
  [
    /maximum active login tokens/i,
    'throttled',
    'this user has 100 live tokens, the most there are; they end after 20 minutes, or delete some under /mgmt/shared/authz/tokens',
  ],
  [/active asynchronous task/i, 'throttled', 'the device is busy and asks to try again later'],
  [/operation in progress|another.*transaction/i, 'busy', 'the device is at work on something else'],
  [
    /connection to mcpd has been lost|mcpd.*(not|un)available/i,
    'transient',
    'the configuration database is restarting',
  ],
  [/AsyncContext timeout/i, 'transient', 'the device took too long over it'],
  [
    /requested folder \(.*\) was not found/i,
    'unsupported',
    'the partition is not there; create it: tmsh create auth partition',
  ],
  [/is (still )?(being )?referenced by|is in use|still in use|01070320|01070321/i, 'in-use', 'others refer to it'],
  [/already exists|01020066/i, 'conflict', 'an object of that name is there already'],
  [/was not found|Object not found|01020036/i, 'not-found', 'an object is not there'],
  [/Access Denied|01070822|not authorized|Authorization failed: user=/i, 'forbidden', 'permission is missing'],
  [/memory|maximum number|limit.*(reached|exceeded)/i, 'quota', 'the device holds no more'],
  [/HTML Tag-like/i, 'invalid', 'a text holds what looks like HTML'],
  [/max:\d+ received:\d+|01070712/i, 'invalid', 'a value is too long'],
];

/** What an HTTP status means where the sentence says nothing. */
const statuses: AnswerTable['statuses'] = {
  202: ['transient', 'the device accepted it and does not report the result'],
  400: ['invalid', 'the device refuses it'],
  401: ['auth', 'the credentials are refused; put a valid username and password into the secret'],
  403: ['forbidden', 'permission is missing'],
  404: ['not-found', 'an object is not there'],
  405: ['unsupported', 'the method is not supported here'],
  406: ['auth', 'the token cannot live longer'],
  409: ['conflict', 'an object of that name is there already'],
  429: ['throttled', 'the device asks for fewer requests'],
  502: ['transient', 'the REST service does not answer'],
  503: ['busy', 'the device is not ready'],
  504: ['transient', 'the REST service does not answer in time'],
};

export const answers: AnswerTable = { texts, statuses };
