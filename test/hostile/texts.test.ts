import { describe, expect, it } from 'vitest';
import { answers as fortigateAnswers } from '../../adapters/fortigate/api/answers.ts';
import { readEnvelope } from '../../adapters/fortigate/api/envelope.ts';
import { answers as f5Answers } from '../../adapters/f5-afm/api/answers.ts';
import { readAnswer } from '../../adapters/f5-afm/api/answer.ts';
import { meaningIn } from '../../kit/common/api/answers.ts';
import { parseAnswer } from '../../kit/common/api/parse-answer.ts';
import { textForPeople, textOfObject } from '../../src/adapter/redaction/device-text.ts';
import { KnownCredentials } from '../../src/adapter/redaction/known-credentials.ts';
import { printable } from '../../src/log/printable.ts';
import { scrubText } from '../../src/log/scrub.ts';
import { isLinear } from './growth.ts';

/* Texts that outsiders choose - devices, manifests, whoever writes into a log - must cost no more than their length. */

const credentials = new KnownCredentials({ token: 'abababababababababababab', password: 'short-1' });

/** Each is repeated: what makes a careless expression try every beginning with every end. */
const seeds = [
  'a',
  'a-',
  'a.',
  'token-',
  'a://',
  'secret=',
  '"token":"',
  `'token':"\\`,
  'cookie: ',
  'authorization \t',
  'bearer ',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN A ',
  'another ',
  'limit ',
  'requested folder (',
  '"message":"\\',
  '"message"  ',
  '\u001b[',
  '\u001b[1;',
  'ab',
  '<',
  '[',
  '{"a":',
  '\n',
  ' ',
];

/** What is done with text from outside. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  'what is logged': scrubText,
  'what a terminal shows': printable,
  'what a session says': (text) => textForPeople(text, credentials),
  'what objects hold': (text) => textOfObject(text, credentials),
  'what credentials are searched in': (text) => credentials.hide(text),
  'what a FortiGate means': (said) => meaningIn(fortigateAnswers, { status: 400, said }),
  'what a BIG-IP means': (said) => meaningIn(f5Answers, { status: 400, said }),
  'a refusal of FortiOS': (body) => refused(() => readEnvelope({ status: 500, headers: {}, body }, 'GET /x', false)),
  'a refusal of iControl': (body) => refused(() => readAnswer({ status: 500, headers: {}, body }, 'GET /x')),
  'an answer': parseAnswer,
};

function refused(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

describe.each(Object.entries(readers))('%s', (_, read) => {
  it('takes time in proportion to its length', () => {
    expect(seeds.filter((seed) => !isLinear((count) => read(seed.repeat(count))))).toEqual([]);
  });
});
