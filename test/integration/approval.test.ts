import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { MemoryAuditStore } from '../../src/audit/memory-audit-store.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { startEmbedded, type Embedded } from '../../src/compose/embedded.ts';
import { followCluster } from '../../src/controller/follow-cluster.ts';
import { fromKubeconfig } from '../../src/kube/client/kubeconfig.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import { ApprovalRig, approvals, policies, userOf, waiting } from './approval-rig.ts';
import { hasKubeApiserver } from './kube-apiserver.ts';

/* Who may approve what, as a real API server and the admission policies of deploy/admission/approval decide it. */

const wide = ['198.51.0.0/16'];
const wider = ['198.0.0.0/8'];

describe.runIf(hasKubeApiserver())('approval', () => {
  const audit = new MemoryAuditStore(systemClock);
  let stop = new AbortController();
  let rig: ApprovalRig;
  let api: Transport;
  let embedded: Embedded;
  let followed: Promise<void>;

  const begin = (): void => {
    stop = new AbortController();
    const memory = createMemoryAdapter(() => new MemorySimulator());
    const common = { clock: systemClock, random: Math.random };
    embedded = startEmbedded({
      ...common,
      adapters: (kind) => Promise.resolve(kind === 'memory' ? memory : undefined),
      secrets: () => Promise.resolve(undefined),
      owner: { cluster: 'blue' },
      readBackAfterMs: 120_000,
      recheckEveryMs: 120_000,
      audit,
      report: () => undefined,
      onError: () => undefined,
    });
    const quiet = { report: () => undefined, onHealth: () => undefined, leads: () => true };
    const deps = {
      namespace: 'postern-system',
      ...common,
      ...quiet,
      api,
      loop: embedded,
      outcomes: embedded.outcomes,
      readings: embedded.readings,
    };
    followed = followCluster(deps, stop.signal);
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await followed;
    await embedded.close();
  };
  const inForce = async (): Promise<readonly string[]> => {
    const desired = await embedded.publisher.read((compiled) => compiled.desired('edge'));
    return (desired?.rules ?? []).flatMap(({ destination }) => destination.networks).sort();
  };
  const becomes = (name: string, condition: RegExp): Promise<void> =>
    vi.waitFor(async () => expect(await rig.condition(name)).toMatch(condition), waiting);

  beforeAll(async () => {
    rig = await ApprovalRig.start();
    api = new Transport(fromKubeconfig({ path: rig.kubeconfig('postern-controller') }));
    begin();
  });
  afterAll(async () => {
    await end();
    api.close();
    await rig.stop();
  });

  it('is asked for what goes beyond the delegation, and what is within it is in force at once', async () => {
    expect(await rig.write('alice', 'near', ['192.0.2.0/24'], userOf('alice'))).toBe('done');
    expect(await rig.write('alice', 'web', wide, userOf('alice'))).toBe('done');
    await becomes('web', /^False WaitsForApproval: .*generation 1 waits.*wider than \/24/);
    await vi.waitFor(async () => expect(await inForce()).toEqual(['192.0.2.0/24']), waiting);
    expect(await rig.condition('near')).toBe('not asked');
    const listed = await rig.postern('alice', 'approvals', '-f', await exported(rig));
    expect([listed.code, listed.out]).toEqual([2, expect.stringContaining('postern approve shop/web --generation 1')]);
  });

  it('is listed for who has the role for that, and no right to anything else', async () => {
    const { code, out } = await rig.postern('bob', 'approvals');
    expect([code, out]).toEqual([2, expect.stringContaining('postern approve shop/web --generation 1')]);
    expect(await rig.postern('alice', 'approvals')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/cannot be read/) as unknown,
    });
  });

  it('is not for the author, not in the name of another, and not without the right', async () => {
    const own = await rig.postern('alice', 'approve', 'shop/web', '--generation', '1', '--for', '1d');
    expect(own.code).toBe(0);
    const [made] = await rig.list(approvals);
    const refusal = async (): Promise<void> => {
      const { status } = await rig.get(`${approvals}/${made?.metadata.name}`);
      expect(status.conditions[0]).toMatchObject({
        status: 'False',
        message: expect.stringMatching(/wrote the policy/) as unknown,
      });
    };
    await vi.waitFor(refusal, waiting);
    expect(await rig.as('alice', 'POST', approvals, await rig.approval('web', { approver: userOf('bob') }))).toMatch(
      /write spec.approver: system:serviceaccount:shop:alice/,
    );
    expect(await rig.as('carol', 'POST', approvals, await rig.approval('web', { approver: userOf('carol') }))).toMatch(
      /carol may not approve egresspolicies.postern.dev web/,
    );
    expect(await rig.as('dan', 'POST', approvals, await rig.approval('web', { approver: userOf('dan') }))).toMatch(
      /dan may not approve/,
    );
    const patch = { status: { policy: { labels: {}, spec: {} } } };
    expect(await rig.as('carol', 'PATCH', `${approvals}/${made?.metadata.name}/status`, patch)).toMatch(/only Postern/);
    const change = { spec: { reason: 'another' } };
    expect(await rig.as('carol', 'PATCH', `${approvals}/${made?.metadata.name}`, change)).toMatch(
      /an EgressApproval cannot be changed/,
    );
    expect(await inForce()).toEqual(['192.0.2.0/24']);
  });

  it('is not had by writing another author', async () => {
    expect(await rig.edit('alice', 'web', wider, 'bob')).toMatch(/write the annotation postern.dev\/author: .*alice/);
    const annotations = { 'postern.dev/author': userOf('bob') };
    const path = `${policies}/web`;
    expect(await rig.as('alice', 'PATCH', path, { metadata: { annotations } })).toMatch(/with labels or spec only/);
    expect(await rig.as('bob', 'PATCH', path, { metadata: { annotations } })).toMatch(/with labels or spec only/);
    expect(await rig.as('bob', 'PATCH', path, { metadata: { labels: { team: 'b' } } })).toMatch(/write the annotation/);
  });

  it('of somebody else is in force, and is for that generation alone', async () => {
    const late = await rig.postern('bob', 'approve', 'shop/web', '--generation', '7', '--for', '1d');
    expect([late.code, late.err]).toEqual([1, expect.stringMatching(/is at generation 1, not 7/)]);
    const approved = await rig.postern('bob', 'approve', 'shop/web', '--generation', '1', '--for', '1d');
    expect(approved).toMatchObject({ code: 0 });
    await becomes('web', /^True Approved: .*approved by system:serviceaccount:shop:bob/);
    expect(await inForce()).toEqual(['192.0.2.0/24', '198.51.0.0/16']);
    await vi.waitFor(async () => {
      const all = await rig.list(approvals);
      expect(all.map(({ status }) => status.policy?.author)).toContain(userOf('alice'));
    }, waiting);
    expect(await rig.edit('alice', 'web', wider)).toBe('done');
    await becomes('web', /generation 2 waits.*meanwhile generation 1 is in force, approved by .*:bob/);
    expect(await inForce()).toEqual(['192.0.2.0/24', '198.51.0.0/16']);
  });

  it('survives a restart of the controller', async () => {
    await end();
    begin();
    await vi.waitFor(async () => expect(await inForce()).toEqual(['192.0.2.0/24', '198.51.0.0/16']), waiting);
    await becomes('web', /meanwhile generation 1 is in force/);
  });

  it('counts for no longer than is permitted, and a denial whoever approves', async () => {
    const long = await rig.postern('bob', 'approve', 'shop/web', '--generation', '2', '--for', '31d');
    expect(long.code).toBe(0);
    const tooLong = async (): Promise<void> =>
      expect(
        (await rig.list(approvals)).flatMap(({ status }) => status.conditions.map(({ message }) => message)),
      ).toEqual(expect.arrayContaining([expect.stringMatching(/longer than the permitted 30 days/)]));
    await vi.waitFor(tooLong, waiting);
    await rig.postern('bob', 'approve', 'shop/web', '--generation', '2', '--for', '1d');
    await becomes('web', /^True Approved/);
    await rig.postern('alice', 'deny', 'shop/web', '--generation', '2', '--reason', 'too wide');
    await becomes('web', /^False Denied: .*denied by .*:alice \(too wide\).*meanwhile generation 1/);
    expect(await inForce()).toEqual(['192.0.2.0/24', '198.51.0.0/16']);
  });

  it('is broken like glass by who is on duty, for hours, and loudly', async () => {
    expect(await rig.edit('dan', 'web', ['203.0.0.0/16'])).toBe('done');
    const body = await rig.approval('web', { approver: userOf('alice'), breakGlass: true, reason: 'INC-7' });
    expect(await rig.as('alice', 'POST', approvals, body)).toMatch(/alice may not break-glass/);
    const broken = await rig.postern(
      ...([
        'dan',
        'approve',
        'shop/web',
        '--generation',
        '3',
        '--for',
        '2h',
        '--break-glass',
        '--reason',
        'INC-7',
      ] as const),
    );
    expect(broken).toMatchObject({ code: 0 });
    await becomes('web', /^True BrokeGlass: .*in an emergency, by .*:dan .*INC-7/);
    expect(await inForce()).toEqual(['192.0.2.0/24', '203.0.0.0/16']);
    await embedded.settled();
    let records = '';
    for await (const { text } of audit.lines('edge')) records += `${text}\n`;
    expect(records).toContain('"breakGlass":true');
    expect(records).toContain(userOf('bob'));
  });

  it('is over once a generation in force has given up what it was for, after a restart, too', async () => {
    expect(await rig.write('alice', 'brief', ['172.16.0.0/12'], userOf('alice'))).toBe('done');
    expect(await rig.postern('bob', 'approve', 'shop/brief', '--generation', '1', '--for', '1d')).toMatchObject({
      code: 0,
    });
    await becomes('brief', /^True Approved/);
    expect(await rig.edit('alice', 'brief', ['192.0.2.0/28'])).toBe('done');
    const over = async (): Promise<void> => {
      const made = (await rig.list(approvals)).filter(({ metadata }) => metadata.name.startsWith('brief-1-'));
      expect(made.map(({ status }) => status.conditions[0]?.reason)).toEqual(['Superseded']);
    };
    await vi.waitFor(over, waiting);
    await end();
    begin();
    expect(await rig.edit('alice', 'brief', ['172.16.0.0/12'])).toBe('done');
    await becomes(
      'brief',
      /^False WaitsForApproval: .*generation 3 waits.*meanwhile only its entries that are delegated/,
    );
    expect(await inForce()).not.toContain('172.16.0.0/12');
    expect(await rig.server.kubectl(['delete', 'egp', '-n', 'shop', 'brief'])).toMatchObject({ code: 0 });
  });

  it('ends with its policy: one that is made anew is another', async () => {
    expect(await rig.server.kubectl(['delete', 'egp', '-n', 'shop', 'web'])).toMatchObject({ code: 0 });
    await vi.waitFor(async () => expect(await inForce()).toEqual(['192.0.2.0/24']), waiting);
    expect(await rig.write('alice', 'web', wide, userOf('alice'))).toBe('done');
    await becomes('web', /^False WaitsForApproval/);
    expect(await inForce()).toEqual(['192.0.2.0/24']);
  });

  it('is nothing to ask for where a delegation refuses: the API server says so', async () => {
    const attempt = (to: object, action = 'Accept'): Promise<string> => {
      const metadata = { name: 'p', annotations: { 'postern.dev/author': userOf('alice') } };
      const spec = { subject: { allPods: true }, action, to: [to] };
      const body = { apiVersion: 'postern.dev/v1alpha1', kind: 'EgressPolicy', metadata, spec };
      return rig.as('alice', 'POST', policies.replace('/shop/', '/strict/') + '?dryRun=All', body);
    };
    const ports = [{ port: 443, protocol: 'TCP' }];
    await vi.waitFor(
      async () => expect(await attempt({ networks: ['192.0.2.0/27'], ports })).toMatch(/permits networks of \/28/),
      waiting,
    );
    expect(await attempt({ networks: ['192.0.2.0/28'], ports })).toBe('done');
    expect(await attempt({ networks: ['2001:db8::/48'], ports })).toMatch(/IPv6: \/64/);
    expect(await attempt({ networks: ['192.0.2.0/28'], allPorts: true })).toMatch(/all of these ports/);
    expect(await attempt({ networks: ['192.0.2.0/28'], ports: [{ port: 8000, endPort: 8081 }] })).toMatch(
      /these ports/,
    );
    expect(await attempt({ networks: ['192.0.2.0/28'], ports: [{ port: 8001, endPort: 8080 }] })).toBe('done');
    expect(await attempt({ networks: ['192.0.2.0/28'] }, 'Deny')).toMatch(/permits no Deny/);
    const three = { domainNames: ['a.example.com', 'b.example.com', 'c.example.com'], ports };
    expect(await attempt(three)).toMatch(/permits 2 destinations, and these are 3/);
    expect(await attempt({ externalService: 'github' })).toBe('done');
  });

  it('has expressions whose types the API server has no doubt about, and fills in the author where it can', async () => {
    const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
    const judged = async (): Promise<readonly unknown[]> => {
      const { body } = await rig.server.send('GET', path);
      const { items } = body as { items: { status?: { observedGeneration?: number; typeChecking?: unknown } }[] };
      expect(items.every(({ status }) => status?.observedGeneration !== undefined)).toBe(true);
      return items.flatMap(({ status }) => status?.typeChecking ?? []);
    };
    await vi.waitFor(judged, { timeout: 150_000, interval: 500 });
    expect(JSON.stringify(await judged())).not.toContain('expressionWarnings');
    const filledIn = fileURLToPath(
      new URL('../../deploy/admission/approval/author-is-filled-in.yaml', import.meta.url),
    );
    expect(await rig.server.kubectl(['apply', '-f', filledIn])).toMatchObject({ code: 0 });
    await vi.waitFor(async () => expect(await rig.write('bob', 'plain', ['192.0.2.0/26'])).toBe('done'), waiting);
    expect((await rig.get(`${policies}/plain`)).metadata.annotations).toEqual({ 'postern.dev/author': userOf('bob') });
  });
});

/** What `kubectl get` prints of everything that decides, as a file. */
async function exported(rig: ApprovalRig): Promise<string> {
  const { output } = await rig.server.kubectl(['get', 'egp,egd,ega,ns', '-A', '-o', 'json']);
  return rig.file('exported.json', output);
}
