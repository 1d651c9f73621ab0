import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { readEnvelope, rowsOf } from './envelope.ts';

const request = 'PUT /api/v2/cmdb/firewall/address/{mkey}';

function refusal(status: number, body: unknown, headers = {}, lockedOut = false): AdapterError {
  try {
    readEnvelope({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }, request, lockedOut);
  } catch (error) {
    if (error instanceof AdapterError) return error;
  }
  throw new Error('was not refused');
}

const page = '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">';
const failed = (error: number, cli = 'said the device'): unknown => ({
  status: 'error',
  error,
  cli_error: `${cli}\n\nmore`,
});

describe('an answer of FortiOS', () => {
  it.each([
    [500, failed(-651, 'node_check_object fail! for name x'), 'not-found'],
    [500, failed(-651), 'invalid'],
    [500, failed(-3), 'not-found'],
    [500, failed(-4), 'quota'],
    [500, failed(-5), 'conflict'],
    [500, failed(-23, 'The entry is used by other 2 entries'), 'in-use'],
    [500, failed(-37), 'forbidden'],
    [500, failed(-37, 'UUID attribute cannot be set directly.'), 'invalid'],
    [500, failed(-163), 'foreign-owned'],
    [500, failed(-361, 'table firewall/policy is locked by another transaction'), 'busy'],
    [500, failed(-9999), 'invalid'],
    [200, failed(-4), 'quota'],
    [424, { status: 'error' }, 'invalid'],
    [500, { status: 'error', error: -57 }, 'transient'],
    [404, { status: 'error', http_status: 404 }, 'not-found'],
    [401, page, 'auth'],
    [403, page, 'forbidden'],
    [413, page, 'invalid'],
    [502, page, 'transient'],
    [200, page, 'transient'],
    [200, '', 'transient'],
  ] as const)('%i %j is %s', (status, body, errorClass) => {
    expect(refusal(status, body).errorClass).toBe(errorClass);
  });

  it('says what the device said, in one line, and what can be done', () => {
    const { message, details } = refusal(403, failed(-37));
    expect(message).toBe(
      `${request}: permission denied (-37: said the device). The API user's access profile lacks fwgrp.address: ` +
        'config system accprofile, edit the profile, set fwgrp custom, config fwgrp-permission, set address read-write. ' +
        "A VDOM that is not there, or is not one of the user's, is answered in the same way: check config.vdom.",
    );
    expect(details).toEqual({ request, status: 403, code: '-37' });
  });

  it('asks for patience with 429, unless it has locked out whom it refused before', () => {
    expect(refusal(429, page)).toMatchObject({ errorClass: 'throttled' });
    expect(refusal(429, page, { 'retry-after': '3' }, true)).toMatchObject({
      errorClass: 'throttled',
      details: { retryAfterMs: 3_000 },
    });
    expect(refusal(429, page, { 'retry-after': '3' }).message).not.toContain('locked');
    expect(refusal(429, page).message).toContain('or has locked Postern out after failed logins');
    const lockout = refusal(429, page, {}, true);
    expect(lockout).toMatchObject({ errorClass: 'auth' });
    expect(lockout.message).toContain('the device has locked Postern out after failed logins');
  });

  it('gives rows of a list, of one entry, and of nothing', () => {
    const rows = (results: unknown) =>
      rowsOf(readEnvelope({ status: 200, headers: {}, body: JSON.stringify(results) }, request, false));
    expect(rows({ status: 'success', results: [{ name: 'a' }] })).toEqual([{ name: 'a' }]);
    expect(rows({ status: 'success', results: { name: 'a' } })).toEqual([{ name: 'a' }]);
    expect(rows([{ status: 'success', results: [{ name: 'a' }] }])).toEqual([{ name: 'a' }]);
    expect(rows({ status: 'success' })).toEqual([]);
  });
});
