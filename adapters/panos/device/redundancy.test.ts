import { afterEach, describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { readResponse } from '../api/response.ts';
import { panosConfigSchema } from '../config.ts';
import { connected, type Connected, type Setting } from '../testing/device.ts';
import { checkActive } from './redundancy.ts';

let open: Connected[] = [];
afterEach(async () => {
  await Promise.all(open.map(({ device }) => device.close()));
  open = [];
});

async function started(setting: Setting = {}): Promise<Connected> {
  const one = await connected(setting);
  open.push(one);
  return one;
}

const desired = aDesiredState({ groups: [aGroup({ members: ['10.0.0.1'] })], rules: [aRule()] });

describe('a pair of firewalls', () => {
  it('is read and written to at its active unit, and after a failover at neither until the address leads to the other', async () => {
    const all = await started();
    all.device.change((state) => ({ ...state, pair: 'active' }));
    expect((await all.session.probe()).choices['redundancy']?.value).toBe('active');
    await all.sync(desired);
    expect(await all.plan(desired)).toEqual([]);
    all.device.change((state) => ({ ...state, pair: 'passive' }));
    await expect(all.session.observe()).rejects.toMatchObject({ errorClass: 'busy' });
    await expect(all.session.observe()).rejects.toThrow(/This unit is passive, and the active one is 192\.0\.2\.2;/);
    await expect(all.session.probe()).rejects.toMatchObject({ errorClass: 'busy' });
  });

  it.each(['suspended', 'initial', 'non-functional', 'tentative', 'active-secondary'])(
    'is not written to at a unit that is %s',
    async (pair) => {
      const all = await started();
      all.device.change((state) => ({ ...state, pair }));
      await expect(all.session.observe()).rejects.toThrow(`This unit is ${pair}, and the active one is`);
    },
  );

  it.each([
    ['a single firewall', undefined, 'standalone'],
    ['the active one of two', 'active', 'active'],
    ['the primary of two that are both active', 'active-primary', 'active'],
  ])('says what it is: %s', async (_, pair, value) => {
    const all = await started();
    all.device.change((state) => ({ ...state, pair }));
    expect((await all.session.probe()).choices['redundancy']?.value).toBe(value);
  });

  it('behind a Panorama both the Panorama and the firewall have to be active', async () => {
    const all = await started({ options: { panorama: true } });
    all.device.change((state) => ({ ...state, pair: 'primary-active', managedPair: 'active' }));
    await all.sync(desired);
    expect(await all.plan(desired)).toEqual([]);
    all.device.change((state) => ({ ...state, managedPair: 'passive' }));
    await expect(all.session.observe()).rejects.toThrow(
      /Firewall 007000000000002 is passive, and .*Set config\.panorama\.firewall/,
    );
    all.device.change((state) => ({ ...state, pair: 'secondary-passive', managedPair: 'active' }));
    await expect(all.session.observe()).rejects.toThrow(/This unit is secondary-passive, and the active one is 192/);
  });
});

describe('a firewall that does not tell whether it is one of a pair', () => {
  const error = (code: string, line: string): string =>
    `<response status="error"${code && ` code="${code}"`}><msg><line>${line}</line></msg></response>`;

  function answered(status: number, body: string): ReturnType<typeof checkActive> {
    const answer = { status, headers: {}, body };
    const ask = () => Promise.resolve().then(() => readResponse(answer, 'GET /api/ (show high-availability)', 'op'));
    return checkActive({ ask, config: panosConfigSchema.parse({ url: 'https://192.0.2.1' }) });
  }

  it.each([
    ['does not know the command', error('1', 'Unknown command')],
    ['expects no such word', error('17', 'show -> high-availability is unexpected')],
    ['has nothing of that name', error('7', 'Object not present')],
    ['has no such node', error('', 'No such node')],
    ['has nobody who answers', error('', 'op command for client ha_agent timed out as client is not available')],
    ['has rights for others alone', error('16', 'Unauthorized request')],
    ['answers nothing', '<response status="success"><result/></response>'],
  ])('is taken for one that may be either: it %s', async (_, body) => {
    expect((await answered(200, body)).value).toBe('unknown');
  });

  it.each([
    ['fails', 200, error('2', 'Internal error'), 'transient'],
    ['is starting', 503, '', 'busy'],
    ['takes no such key', 403, error('403', 'Invalid credential'), 'auth'],
  ])('is asked again where it %s', async (_, status, body, errorClass) => {
    await expect(answered(status, body)).rejects.toMatchObject({ errorClass });
  });
});
