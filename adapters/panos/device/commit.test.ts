import { afterEach, describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { panos } from '../adapter.ts';
import { entryOf, rulesTable, type Entry } from '../simulator/state.ts';
import { connected, type Connected, type Setting } from '../testing/device.ts';

let open: Connected[] = [];
afterEach(async () => {
  await Promise.all(open.map(({ device }) => device.close()));
  open = [];
});

async function started(setting: Setting = {}): Promise<Connected> {
  const all = await connected(setting);
  open.push(all);
  return all;
}

function desired(members: readonly string[], to = '203.0.113.0/24'): DesiredState {
  return aDesiredState({ groups: [aGroup({ members })], rules: [aRule({ to: [to] })] });
}

const flow = { src: '10.0.0.1', dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;
const errorsIn = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes.flatMap((outcome) =>
    outcome.result === 'error' ? [`${outcome.error.errorClass}: ${outcome.error.message}`] : [],
  );

const office: Entry = {
  name: 'office-out',
  body: {
    from: { member: ['any'] },
    to: { member: ['any'] },
    source: { member: ['any'] },
    destination: { member: ['any'] },
    service: { member: ['any'] },
    application: { member: ['any'] },
    action: 'allow',
  },
};

describe('a commit', () => {
  it('is pending while the firewall is at work, and any process can ask after it', async () => {
    let now = 0;
    const all = await started({ options: { commitMs: 60_000 }, now: () => now });
    const changes = await all.plan(desired(['10.0.0.1']));
    const [tags, config] = panos.batch(changes, all.context);
    const signal = new AbortController().signal;
    await all.session.send(tags!, signal);
    const [outcome] = await all.session.send(config!, signal);
    expect(outcome).toMatchObject({ result: 'pending', deviceSays: 'enqueued', pollAfterMs: 5_000 });
    const { handle } = outcome as Extract<Outcome, { result: 'pending' }>;
    const successor = await all.another();
    expect((await successor.poll(handle))[0]).toMatchObject({ result: 'pending', deviceSays: 'ACT', handle });
    expect(all.device.verdict(flow).action).toBe('Deny');
    now += 60_000;
    expect((await successor.poll(handle)).map(({ result }) => result)).toEqual(config!.changes.map(() => 'done'));
    expect(all.device.verdict(flow).action).toBe('Accept');
  });

  it('holds up no withdrawal', async () => {
    let now = 0;
    const all = await started({ options: { commitMs: 60_000 }, now: () => now });
    const signal = new AbortController().signal;
    const [tags, config] = panos.batch(await all.plan(desired(['10.0.0.1'])), all.context);
    await all.session.send(tags!, signal);
    const [outcome] = await all.session.send(config!, signal);
    now += 60_000;
    await all.session.poll((outcome as Extract<Outcome, { result: 'pending' }>).handle);
    const [again] = panos.batch(await all.plan(desired(['10.0.0.1'], '198.51.100.0/24')), all.context);
    expect((await all.session.send(again!, signal))[0]?.result).toBe('pending');
    const delta = { id: '00000000000a', role: 'Accept', added: [], removed: ['10.0.0.1'] } as const;
    const [withdrawal] = panos.batch(panos.lowerDelta?.(delta, all.context) ?? [], all.context);
    expect((await all.session.send(withdrawal!, signal))[0]?.result).toBe('done');
    expect(all.device.verdict(flow).action).toBe('Deny');
    expect(all.context.capabilities.serialised).toBe('object');
  });

  it('that fails is told in the words of the firewall, and leaves nothing behind', async () => {
    const all = await started();
    await all.sync(desired(['10.0.0.1']));
    all.device.failNextCommit('vsys1: rule shadows rule');
    const [error] = errorsIn(await all.sync(desired(['10.0.0.1'], '198.51.100.0/24')));
    expect(error).toMatch(
      /^invalid: Commit job 2 failed \(vsys1: rule shadows rule\)\. None of its changes are in force/,
    );
    expect(all.device.verdict(flow).action).toBe('Accept');
    expect(errorsIn(await all.sync(desired(['10.0.0.1'], '192.0.2.0/24')))).toEqual([]);
    expect(all.device.state.running.get('address')?.map(({ body }) => body['ip-netmask'])).toEqual(['192.0.2.0/24']);
    expect(all.device.state.candidate).toEqual(all.device.state.running);
  });

  it('that fails for good is no passing trouble because of the name of a rule', async () => {
    const all = await started();
    all.device.failNextCommit('rule pn-east-block-connect-0a1b2c3d4e: destination is invalid');
    expect(errorsIn(await all.sync(desired(['10.0.0.1'])))[0]).toMatch(/^invalid: Commit job 1 failed/);
  });

  it('is of our own edits alone', async () => {
    const all = await started();
    all.device.editCandidate(rulesTable, 'alice', office);
    await all.sync(desired(['10.0.0.1']));
    await all.sync(desired(['10.0.0.2']));
    const { running, candidate, edited } = all.device.state;
    expect(entryOf(running, rulesTable, 'office-out')).toBeUndefined();
    expect(entryOf(candidate, rulesTable, 'office-out')).toEqual(office);
    expect([...edited]).toEqual([[`${rulesTable} office-out`, 'alice']]);
  });

  it('of an attempt that died after its edits does not carry them', async () => {
    const all = await started();
    all.device.editCandidate(rulesTable, all.device.credentials['username'] ?? '', office);
    await all.sync(desired(['10.0.0.1']));
    expect(entryOf(all.device.state.candidate, rulesTable, 'office-out')).toBeUndefined();
  });

  it('waits for one that somebody else has started', async () => {
    const all = await started({ options: { commitMs: 60_000 }, now: () => 0 });
    all.device.editCandidate(rulesTable, 'alice', office);
    const job = {
      id: 1,
      type: 'Commit' as const,
      user: 'alice',
      endsAt: 60_000,
      target: all.device.state.running,
      closes: [],
      details: '',
    };
    all.device.change((state) => ({ ...state, jobs: [{ ...job, status: 'ACT', result: 'PEND' }] }));
    expect(errorsIn(await all.sync(desired(['10.0.0.1'])))[0]).toMatch(/^busy: .*another commit is in progress/);
    all.device.change((state) => ({ ...state, jobs: state.jobs.map((one) => ({ ...one, user: 'postern' })) }));
    expect(errorsIn(await all.sync(desired(['10.0.0.1'])))[0]).toMatch(
      /^busy: Commit job 1 of postern is still running/,
    );
  });

  it('waits for whoever holds the lock', async () => {
    const all = await started();
    all.device.change((state) => ({ ...state, lockedBy: 'alice' }));
    expect(errorsIn(await all.sync(desired(['10.0.0.1'])))[0]).toMatch(
      /^busy: .*another administrator holds a lock.*alice/,
    );
  });
});

describe('what can be wrong', () => {
  it.each([
    [{ secret: { apiKey: '' } }, 'needs two values: apiKey, and username'],
    [{ secret: { apiKey: 'wrong' } }, 'put a valid one into the secret as apiKey'],
    [{ secret: { username: "x'] or 1" } }, 'needs two values'],
    [{ options: { model: 'Panorama' } }, 'is a Panorama, which enforces nothing itself'],
    [{ config: { vsys: 'vsys2' } }, 'vsys2 unknown'],
  ] satisfies readonly (readonly [Setting, string])[])('%j is told', async (setting, message) => {
    const attempt = async (): Promise<unknown> => (await started(setting)).session.observe();
    await expect(attempt()).rejects.toThrow(message);
  });

  it.each(['user-id', 'config', 'commit', 'op'])('a role without %s is told by the name of the right', async (type) => {
    const all = await started();
    all.device.deny(type);
    const names = { 'user-id': 'User-ID Agent', config: 'Configuration', commit: 'Commit', op: 'Operational Requests' };
    const attempt = all.sync(desired(['10.0.0.1'])).then(errorsIn, (error: unknown) => [`forbidden: ${String(error)}`]);
    expect((await attempt).join()).toContain(`must include ${names[type as keyof typeof names]}`);
  });

  it('a zone that is not there is a mistake in config', async () => {
    const all = await started({ config: { sourceZones: ['trusted'] } });
    expect(errorsIn(await all.sync(desired(['10.0.0.1'])))[0]).toMatch(
      /^invalid: .*see sourceZones and destinationZones.*'trusted'/,
    );
  });

  it('an object of ours that others use stays, and says who uses it', async () => {
    const all = await started();
    await all.sync(desired(['10.0.0.1']));
    const group = all.device.state.running.get('address-group')?.[0]?.name ?? '';
    all.device.edit(rulesTable, (entries) => [
      ...entries,
      { ...office, body: { ...office.body, source: { member: [group] } } },
    ]);
    expect(errorsIn(await all.sync(aDesiredState()))[0]).toMatch(/^in-use: .*office-out/);
  });
});
