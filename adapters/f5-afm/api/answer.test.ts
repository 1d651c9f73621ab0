import { describe, expect, it } from 'vitest';
import { AdapterError, type ErrorClass } from '../../../src/adapter/errors.ts';
import { readAnswer } from './answer.ts';

const write = 'PATCH /mgmt/tm/security/firewall/address-list/{name}';

/** What is made of an answer. */
function outcome(
  status: number,
  body: string,
  request = write,
  headers: Readonly<Record<string, string>> = {},
): unknown {
  try {
    return readAnswer({ status, headers, body }, request);
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return error;
  }
}

const json = (code: number, message: string, apiError = 3): string =>
  JSON.stringify({ code, message, errorStack: [], apiError });
const page = (text: string): string => `<!DOCTYPE HTML><html><body><h1>${text}</h1></body></html>`;

describe('an answer of iControl REST', () => {
  it.each([
    [200, '{"name":"x"}', { name: 'x' }],
    [200, '', {}],
    [204, '', {}],
  ])('%i %j is success', (status, body, content) => {
    expect(outcome(status, body)).toEqual(content);
  });

  const table: readonly (readonly [string, number, string, ErrorClass])[] = [
    [
      'an object that is not there',
      404,
      json(404, '01020036:3: The requested Pool (/Common/x) was not found.'),
      'not-found',
    ],
    ['an object that is not there, of some types', 404, json(404, 'Object not found - /t/x', 1), 'not-found'],
    ['a service that starts', 404, json(404, 'Public URI path not registered: /tm/ltm/pool'), 'transient'],
    [
      'a service that starts, otherwise worded',
      404,
      json(
        404,
        'URI path /x not registered. Please verify URI is supported and wait for /available suffix to be responsive.',
      ),
      'transient',
    ],
    [
      'a name that is taken',
      409,
      json(409, '01020066:3: The requested X (/Common/n) already exists in partition Common.'),
      'conflict',
    ],
    ['a configuration that does not hold together', 400, json(400, '01070734:3: Configuration error: no'), 'invalid'],
    [
      'a partition that is not there',
      400,
      json(400, 'The requested folder (/PART) was not found.', 26214401),
      'unsupported',
    ],
    ['an empty change', 400, json(400, 'one or more properties must be specified', 26214401), 'invalid'],
    ['a value that is too long', 400, json(400, '01070712:3: failed max:65520 received:65529'), 'invalid'],
    ['what looks like HTML', 400, json(400, 'HTML Tag-like Content in the Request URL/Body', 26214401), 'invalid'],
    [
      'a commit that others stand against',
      400,
      json(400, 'transaction failed:01070320:3: Snatpool x is still referenced by a virtual server.', 2),
      'in-use',
    ],
    [
      'a partition that is not empty',
      400,
      json(400, '0107082a:3: You must remove all objects from a partition'),
      'invalid',
    ],
    ['too many tokens', 400, json(400, 'Bad Request: user X has reached maximum active login tokens'), 'throttled'],
    ['a token that is over', 401, json(401, 'X-F5-Auth-Token does not exist.'), 'auth'],
    ['a wrong password', 401, json(401, 'Authentication failed.'), 'auth'],
    [
      'a user without the permission',
      401,
      json(401, 'Authorization failed: user=https://localhost/x resource=/y'),
      'forbidden',
    ],
    ['a user who may not', 403, json(403, '01070822:3: Access Denied: User (x) may not'), 'forbidden'],
    ['a token that cannot live longer', 406, json(406, 'Auth-token absolute timeout (36000 seconds) exceeded'), 'auth'],
    ['a database that restarts', 500, json(500, 'The connection to mcpd has been lost, try again.'), 'transient'],
    ['a request that took too long', 500, page('HTTP ERROR 500 AsyncContext timeout'), 'transient'],
    ['a gateway without a service behind', 502, page('Bad Gateway'), 'transient'],
    ['a restart of everything', 503, page('Configuration Utility restarting...'), 'transient'],
    ['work that keeps the device busy', 503, json(503, 'There is an active asynchronous task executing.'), 'throttled'],
    ['a page where there should be JSON', 200, page('Please log in'), 'transient'],
    ['a promise', 202, json(202, 'Task will execute asynchronously.'), 'transient'],
  ];
  it.each(table)('says %s', (_, status, body, errorClass) => {
    expect(outcome(status, body)).toMatchObject({ errorClass, details: { status, request: write } });
  });

  it.each([
    [202, json(202, 'Task will execute asynchronously.'), write, true],
    [500, page('AsyncContext timeout'), write, true],
    [400, json(400, 'no'), write, undefined],
    [500, page('AsyncContext timeout'), 'GET /mgmt/tm/sys', undefined],
  ])('%i %j to a write may have been carried out, unless the device refused', (status, body, request, unknown) => {
    expect((outcome(status, body, request) as AdapterError).details.outcomeUnknown).toBe(unknown);
  });

  it('is quoted shortly, without markup, with the code of the database and the delay it asks for', () => {
    const error = outcome(503, json(503, `01070734:3: <b>${'x'.repeat(500)}`), write, { 'retry-after': '7' });
    expect(error).toMatchObject({ details: { code: '01070734:3', retryAfterMs: 7_000 } });
    const { message } = error as AdapterError;
    expect([message.length < 400, /[<>]/.test(message)]).toEqual([true, false]);
  });

  it('that was cut off after two kilobytes is understood all the same', () => {
    const cut = json(400, `transaction failed:01020066:3: The requested X already exists ${'y'.repeat(3_000)}`).slice(
      0,
      2_048,
    );
    expect(outcome(400, cut)).toMatchObject({ errorClass: 'conflict', details: { code: '01020066:3' } });
  });
});
