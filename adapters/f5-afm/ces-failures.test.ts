import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aNamespace, aPod, aPoint, aPolicy, aService } from '../../test/kit/builders.ts';
import type { LowerContext } from '../../src/adapter/adapter.ts';
import { Compiler } from '../../src/core/compile/compiler.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { syncPoint, type SyncResult } from '../../src/worker/sync/sync-point.ts';
import { f5Afm } from './adapter.ts';
import type { F5AfmConfig } from './config.ts';
import { tables } from './objects/names.ts';
import { textOf } from '../../kit/common/api/json.ts';
import type { F5AfmOptions, F5AfmSimulator } from './simulator/simulator.ts';
import { openSession, owner, rowsAt, rulesPath, startDevice, type F5AfmSession } from './testing/device.ts';

/*
 * What the closest peer of this adapter, F5 Container Egress Services 0.5.3, was seen to get wrong when its binary was run
 * against a device that answers: each once more, from Kubernetes objects through the main flow to the device's verdict.
 */

/** A cluster, a device, and what there is between them. */
class Story {
  readonly device: F5AfmSimulator;
  #compiler = new Compiler();
  #known: ObjectChange[] = [];
  #session: F5AfmSession;
  #context: LowerContext<F5AfmConfig>;

  private constructor(device: F5AfmSimulator, session: F5AfmSession, context: LowerContext<F5AfmConfig>) {
    this.device = device;
    this.#session = session;
    this.#context = context;
  }

  /** @param policy one that the administrator has bound, for a user who may not bind any */
  static async begin(options: Partial<F5AfmOptions> = {}, policy?: string): Promise<Story> {
    const device = await startDevice({ options });
    if (policy !== undefined) enforce(device, policy);
    const { session, config } = await openSession(device, { config: policy === undefined ? {} : { policy } });
    const story = new Story(device, session, { config, owner, capabilities: await session.probe() });
    await story.tell(
      { kind: 'EnforcementPoint', key: 'edge', object: aPoint({ adapter: 'f5-afm' }) },
      { kind: 'Namespace', key: 'shop', object: aNamespace() },
    );
    return story;
  }

  /** Something happens in the cluster. */
  async tell(...changes: readonly ObjectChange[]): Promise<SyncResult> {
    this.#known.push(...changes);
    this.#compiler.apply(changes, '2026-01-01T00:00:00Z');
    return await this.sync();
  }

  async sync(mode: 'Observe' | 'Enforce' = 'Enforce'): Promise<SyncResult> {
    const desired = this.#compiler.desired('edge');
    if (desired === undefined) throw new Error('there is no point edge');
    return await syncPoint({
      ...{ desired, adapter: f5Afm, session: this.#session, context: this.#context, mode, synced: true },
      ...{ limits: { maxRemovals: 100, maxRemovalsPercent: 100 }, ended: new Set<string>() },
      signal: new AbortController().signal,
    });
  }

  /** The process dies; while it is away something happens; another one starts and is told how things are now. */
  async away(...changes: readonly ObjectChange[]): Promise<SyncResult> {
    this.#compiler = new Compiler();
    const { session } = await openSession(this.device);
    this.#session = session;
    return await this.tell(...this.#known, ...changes);
  }

  reaches(src: string, dst = '203.0.113.5'): boolean {
    return this.device.verdict({ src, dst, port: 443, protocol: 'TCP' }).action === 'Accept';
  }
}

function enforce(device: F5AfmSimulator, enforcedPolicy: string): void {
  const [, partition = '', name = ''] = enforcedPolicy.split('/');
  device.administer('POST', `/mgmt/tm/${tables.policy}`, { name, partition });
  device.administer('PATCH', '/mgmt/tm/security/firewall/global-rules', { enforcedPolicy });
}

function pod(name: string, address: string | undefined, app = 'a'): ObjectChange {
  const object = aPod({ name, labels: { app }, addresses: address === undefined ? [] : [address] });
  return { kind: 'Pod', key: `shop/${name}`, object };
}

const gone = (kind: 'Pod' | 'EgressPolicy', name: string): ObjectChange => ({
  kind,
  key: `shop/${name}`,
  object: undefined,
});

/** Pods with label `app` may reach these networks or services. */
function policy(name: string, app: string, to: Parameters<typeof aPolicy>[0] & object = {}): ObjectChange {
  const subject = { podSelector: { matchLabels: { app } } };
  return {
    kind: 'EgressPolicy',
    key: `shop/${name}`,
    object: aPolicy({ subject, ...to }, { name, uid: `uid-${name}` }),
  };
}

const inline = (network: string): Parameters<typeof aPolicy>[0] & object => ({
  to: [{ networks: [network], ports: [{ port: 443, protocol: 'TCP' }] }],
});

let story: Story;

beforeEach(async () => {
  story = await Story.begin();
});
afterEach(() => story.device.close());

describe('what F5 CES gets wrong does not happen here', () => {
  it('1: a rule for pods of which there are none is for nobody, not for everybody', async () => {
    const { state } = await story.tell(policy('p', 'a'));
    expect(state).toBe('programmed');
    expect(rowsAt(story.device, rulesPath)).toHaveLength(1);
    expect(['10.0.0.1', '10.9.9.9', '2001:db8::1'].filter((src) => story.reaches(src))).toEqual([]);
    const sources = rowsAt(story.device, rulesPath).map(({ source }) => (source as JsonObject)['addressLists']);
    expect(sources).toEqual([[expect.stringMatching(/^\/postern\/pn-east-src-/)]]);
  });

  it('2: when the last pod goes, its address is taken out', async () => {
    await story.tell(policy('p', 'a'), pod('a-1', '10.0.0.1'));
    expect(story.reaches('10.0.0.1')).toBe(true);
    await story.tell(gone('Pod', 'a-1'));
    expect(story.reaches('10.0.0.1')).toBe(false);
    await story.tell(pod('b-1', '10.0.0.1', 'b'));
    expect(story.reaches('10.0.0.1')).toBe(false);
  });

  it('3: a rule that has nothing to do with it brings no old addresses back', async () => {
    await story.tell(policy('p', 'a'), pod('a-1', '10.0.0.1'));
    await story.tell(gone('Pod', 'a-1'), pod('a-2', '10.0.0.2'));
    await story.tell(policy('other', 'b', inline('198.51.100.0/24')), pod('b-1', '10.0.0.3', 'b'));
    expect(['10.0.0.1', '10.0.0.2'].map((src) => story.reaches(src))).toEqual([false, true]);
  });

  it('4: of two rules for the same pods both follow them', async () => {
    await story.tell(policy('p', 'a'), policy('q', 'a', inline('198.51.100.0/24')), pod('a-1', '10.0.0.1'));
    await story.tell(gone('Pod', 'a-1'), pod('a-2', '10.0.0.2'));
    const both = (src: string): readonly boolean[] => [story.reaches(src), story.reaches(src, '198.51.100.7')];
    expect([both('10.0.0.1'), both('10.0.0.2')]).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it('5: a write that fails is told, and made good', async () => {
    await story.tell(policy('p', 'a'), pod('a-1', '10.0.0.1'));
    story.device.fault({ kind: 'error-before', status: 500, match: '^PATCH ' });
    const failed = await story.tell(gone('Pod', 'a-1'));
    expect([failed.state, failed.error?.errorClass, failed.error?.details.code]).toEqual([
      'failed',
      'transient',
      undefined,
    ]);
    expect(failed.error?.message).toContain('the configuration database is restarting');
    expect((await story.sync()).state).toBe('programmed');
    expect(story.reaches('10.0.0.1')).toBe(false);
  });

  it('6: a destination that is taken out of a rule is closed', async () => {
    const services = ['payments', 'mail'].map((name, index): ObjectChange => {
      const networks = [index === 0 ? '203.0.113.0/24' : '198.51.100.0/24'];
      const ports = [{ port: 443, protocol: 'TCP' as const }];
      return {
        kind: 'ExternalService',
        key: name,
        object: aService({ networks, ports }, { name, uid: `uid-${name}` }),
      };
    });
    const to = (...names: readonly string[]): ObjectChange =>
      policy('p', 'a', { to: names.map((externalService) => ({ externalService })) });
    await story.tell(...services, to('payments', 'mail'), pod('a-1', '10.0.0.1'));
    expect([story.reaches('10.0.0.1'), story.reaches('10.0.0.1', '198.51.100.7')]).toEqual([true, true]);
    await story.tell(to('mail'));
    expect([story.reaches('10.0.0.1'), story.reaches('10.0.0.1', '198.51.100.7')]).toEqual([false, true]);
  });

  it('7: a rule goes although its pods went before it, and although nobody was there to see it', async () => {
    await story.tell(policy('p', 'a'), policy('q', 'b', inline('198.51.100.0/24')), pod('a-1', '10.0.0.1'));
    await story.tell(gone('Pod', 'a-1'));
    await story.tell(gone('EgressPolicy', 'p'));
    expect(rowsAt(story.device, rulesPath)).toHaveLength(1);
    await story.away(gone('EgressPolicy', 'q'));
    expect(rowsAt(story.device, tables.ruleList)).toEqual([]);
    expect(rowsAt(story.device, tables.addressList)).toEqual([]);
  });

  it('8: a rule that is for other pods now is for them', async () => {
    await story.tell(policy('p', 'a'), pod('a-1', '10.0.0.1'), pod('b-1', '10.0.0.2', 'b'));
    await story.tell(policy('p', 'b'));
    expect(['10.0.0.1', '10.0.0.2'].map((src) => story.reaches(src))).toEqual([false, true]);
  });

  it('9: what somebody opens on the device is seen and closed', async () => {
    await story.tell(policy('p', 'a'), pod('a-1', '10.0.0.1'));
    const list = rowsAt(story.device, tables.addressList).find(({ name }) => textOf(name).includes('-src-'));
    story.device.administer('PATCH', `/mgmt/tm/${tables.addressList}/~postern~${textOf(list?.['name'])}`, {
      addresses: [{ name: '0.0.0.0/0' }],
    });
    expect(story.reaches('10.9.9.9')).toBe(true);
    expect((await story.sync('Observe')).state).toBe('planned');
    expect((await story.sync()).state).toBe('programmed');
    expect(['10.9.9.9', '10.0.0.1'].map((src) => story.reaches(src))).toEqual([false, true]);
  });

  it('10: the device proves who it is, the password is sent once, and no administrator is needed', async () => {
    await story.device.close();
    const user = { role: 'firewall-manager', partition: 'postern' } as const;
    story = await Story.begin({ user }, '/postern/corporate');
    expect((await story.tell(policy('p', 'a'), pod('a-1', '10.0.0.1'))).state).toBe('programmed');
    expect([story.reaches('10.0.0.1'), story.reaches('10.0.0.2')]).toEqual([true, false]);
    const { password = '', username = '' } = story.device.credentials;
    const sent = story.device.requests().filter(({ path }) => path.includes('login'));
    expect(sent).toHaveLength(1);
    const { session } = await openSession({ ...story.device, credentials: { username, password: `${password}\n` } });
    expect((await session.probe()).version).not.toBe('');
    const stranger = await startDevice({});
    const { session: distrusting } = await openSession({ ...story.device, ca: stranger.ca });
    await expect(distrusting.probe()).rejects.toMatchObject({ errorClass: 'auth' });
    await expect(distrusting.probe()).rejects.toThrow('certificate is not trusted');
    await stranger.close();
  });
});
