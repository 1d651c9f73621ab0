import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../../src/core/model/json.ts';
import type { Ask } from '../../../api/client.ts';
import { fortigateConfigSchema } from '../../../config.ts';
import { checkManager } from './fortimanager.ts';

const [older, newer] = ['system/fortimanager/status', 'system/central-management/status'] as const;

/** A device that answers to these paths, and with 404 to all others. */
function device(answers: Readonly<Record<string, JsonObject | AdapterError>>): { ask: Ask; asked: string[] } {
  const asked: string[] = [];
  const ask: Ask = ({ table, query }) => {
    asked.push(`${table} ${JSON.stringify(query)}`);
    const answer = answers[table] ?? new AdapterError('not-found', 'there is no such path', { status: 404 });
    return answer instanceof AdapterError ? Promise.reject(answer) : Promise.resolve({ results: answer });
  };
  return { ask, asked };
}

const config = fortigateConfigSchema.parse({ url: 'https://192.0.2.1' });
const forbidden = new AdapterError('forbidden', 'no', { status: 403 });

describe('a device that a FortiManager manages', () => {
  it.each([
    ['6.4.15', { [older]: { mode: 'normal', registration: 'registered' } }],
    ['7.2.8', { [older]: { mode: 'normal', registration: 'registered' } }],
    ['7.4.1', { [older]: { registration: 'unknown' }, [newer]: { registration_status: 'registered' } }],
    ['7.6.0', { [newer]: { mode: 'normal', status: 'up', registration_status: 'registered' } }],
  ])('is not written to on %s, unless the config says so', async (version, answers) => {
    const { ask } = device(answers);
    await expect(checkManager(ask, config, version)).rejects.toMatchObject({ errorClass: 'unsupported' });
    const allowed = { ...config, allowFortiManagerManaged: true };
    expect((await checkManager(ask, allowed, version)).value).toBe('yes');
  });

  it.each([
    ['7.6.0', { [newer]: { registration_status: 'unregistered' } }, 'no', 'No FortiManager has registered'],
    ['7.6.0', {}, 'unknown', 'does not tell'],
    ['7.6.0', { [newer]: forbidden }, 'unknown', 'may not read'],
    ['7.4.0', { [older]: { registration: 'unregistered' } }, 'no', 'No FortiManager has registered'],
  ])('is told from others on %s by %j', async (version, answers, value, reason) => {
    const choice = await checkManager(device(answers).ask, config, version);
    expect({ value: choice.value, told: choice.reason.includes(reason) }).toEqual({ value, told: true });
  });

  it('is not made to call its manager for the answer', async () => {
    const { ask, asked } = device({ [newer]: { registration_status: 'unregistered' } });
    await checkManager(ask, config, '7.6.2');
    expect(asked).toEqual([`${newer} {"skip_detect":"true"}`]);
  });
});
