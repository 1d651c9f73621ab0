import type { AnswerTable } from '../../../kit/common/api/answers.ts';

/**
 * What refusals mean: by the text first, for one code stands for many ("PAN-OS XML API Error Codes"); the texts are those
 * that the vendor's own clients look for.
 */
const texts: AnswerTable['texts'] = [
  [/invalid credential/i, 'auth', 'the API key is refused; put a valid one into the secret as apiKey'],
  [/session timed out/i, 'auth', 'the API key has expired; put a new one into the secret as apiKey'],
  [/not authorized|unauthorized|insufficient/i, 'forbidden', 'the admin role of the API key does not permit it'],
  [
    /(commit|validate|install|sync) is in progress|in progress.{0,20}try again/i,
    'busy',
    'another commit is in progress',
  ],
  [/is locked by|\block for/i, 'busy', 'another administrator holds a lock; it is released under Locks on the device'],
  [
    /-> (?:from|to) \S+ is not a valid reference/i,
    'invalid',
    'there is no such zone; see sourceZones and destinationZones in config',
  ],
  [/is not a valid reference/i, 'not-found', 'it refers to an object that is not there'],
  [/because of references from/i, 'in-use', 'the object is used by others'],
  [/exceed|capacity|maximum|more than/i, 'quota', 'the device holds no more'],
  [/no such node|doesn't exist|does not exist|not found/i, 'not-found', 'there is no such object'],
];

const codes: AnswerTable['codes'] = {
  1: ['unsupported', 'this version does not know the command'],
  6: ['invalid', 'the path is not accepted'],
  7: ['not-found', 'there is no such object'],
  8: ['conflict', 'the object is not unique'],
  10: ['in-use', 'the object is used by others'],
  12: ['invalid', 'a value is not accepted'],
  13: ['not-found', 'there is no such object'],
  14: ['conflict', 'the operation is not possible now'],
  15: ['forbidden', 'the operation is denied'],
  16: ['forbidden', 'the admin role of the API key does not permit it'],
  17: ['invalid', 'the command is not accepted'],
  18: ['invalid', 'the command is not understood'],
  22: ['auth', 'the API key has expired; put a new one into the secret as apiKey'],
  400: ['invalid', 'the request is not understood'],
  403: ['forbidden', 'permission is missing'],
};

const statuses: AnswerTable['statuses'] = {
  400: ['invalid', 'the request is not understood'],
  401: ['auth', 'the API key is refused; put a valid one into the secret as apiKey'],
  403: ['forbidden', 'permission is missing'],
  429: ['throttled', 'the device asks for fewer requests'],
  503: ['busy', 'the device is starting or overloaded'],
};

export const answers: AnswerTable = { texts, codes, statuses };
/** What it means when the device speaks of itself, with any code: internal errors. */
export const brokenCodes: ReadonlySet<string> = new Set(['2', '3', '4', '5', '11', '21']);

/** What the device says of an address that is as it should be already; distinguished from the others one by one. */
export const asItShouldBe = { register: /already exists/i, unregister: /does not exist|not exist/i } as const;

/** What of the admin role a request needs. */
export const rights: Readonly<Record<string, string>> = {
  'user-id': 'User-ID Agent',
  config: 'Configuration',
  commit: 'Commit',
  op: 'Operational Requests',
};
