import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../../../../test/kit/folders.ts';
import { runPostern } from '../../testing/run-postern.ts';

const example = 'examples/mesh-two-applications-three-services';
const line = (address: string): string =>
  JSON.stringify({
    start_time: '2026-11-29T14:05:00.000Z',
    downstream_remote_address: `${address}:41234`,
    requested_server_name: 'google.com',
    connection_termination_details: 'rbac_access_denied_matched_policy[none]',
  });
const refusal = {
  who: 'test-app/Deployment/app-a',
  serviceAccount: 'test-app/app-a',
  to: 'google.com',
  by: 'no AuthorizationPolicy permits it',
  times: 2,
  first: '2026-11-29T14:05:00.000Z',
  last: '2026-11-29T14:05:00.000Z',
};

describe('what a log says was refused', () => {
  const directory = aFolder();
  let log: string;
  beforeAll(() => {
    const file = join(directory, 'gateway.log');
    writeFileSync(file, [line('10.20.1.11'), line('10.20.1.11'), 'no line of a log'].join('\n'));
    log = `istio-json=${file}`;
  });
  const asked = (...args: readonly string[]) => runPostern([...args, '-f', example, '--refused-log', log]);

  it('is in the report, in every form that has room for it', async () => {
    const record = ['report', '--audit-dir', directory];
    expect(JSON.parse((await asked(...record, '-o', 'json')).out)).toMatchObject({ refused: [refusal] });
    expect((await asked(...record)).out).toMatch(/app-a +google\.com +2 .* no AuthorizationPolicy permits it/);
    expect((await asked(...record, '-o', 'html')).out).toContain('no AuthorizationPolicy permits it');
  });

  it('is told of the flow that was asked about, and of no other', async () => {
    const said = 'Refused, as the log says: no AuthorizationPolicy permits it; 2 times';
    expect((await asked('why', 'test-app/app-a-1', 'google.com:443')).out).toContain(said);
    const { out } = await asked('why', 'test-app/app-a-1', 'github.com:443');
    expect([out.includes('Refused,'), out.includes('The log tells of no refusal.')]).toEqual([false, true]);
  });

  it.each(['gateway.log', 'istio-jsn=gateway.log', 'istio-json='])('is not read of %s', async (value) => {
    const { code, err } = await runPostern(['report', '-f', example, '--refused-log', value]);
    expect([code, err]).toEqual([1, expect.stringContaining('FORMAT=FILE')]);
  });

  it('needs a file that can be read', async () => {
    const gone = `istio-json=${join(directory, 'gone.log')}`;
    const { code, err } = await runPostern([
      'why',
      'test-app/app-a-1',
      'google.com:443',
      '-f',
      example,
      '--refused-log',
      gone,
    ]);
    expect([code, err]).toEqual([1, expect.stringContaining('correct --refused-log')]);
  });
});
