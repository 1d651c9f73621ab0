import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseObject } from '../../api/parse.ts';
import { systemClock } from '../../compose/clock.ts';
import { digestOf, contentToReview } from '../../core/approval/reviewed-policy.ts';
import type { EgressPolicy } from '../../api/kinds.ts';
import { runPostern } from '../testing/run-postern.ts';

/* What files say of delegation and approval, in every command that reads them. */

const apiVersion = 'postern.dev/v1alpha1';
const around = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'shop' },
    spec: { containers: [] },
    status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] },
  },
  { apiVersion, kind: 'EnforcementPoint', metadata: { name: 'edge' }, spec: { adapter: 'memory', mode: 'Enforce' } },
];

function delegation(fields: object = {}): object {
  const spec = {
    allNamespaces: true,
    destinations: 'Any',
    widestNetwork: { ipv4: 24, ipv6: 48 },
    ports: [{ port: 443, protocol: 'TCP' }],
    denyRules: 'Forbidden',
    maxDestinations: 3,
    beyond: 'WaitForApproval',
    approval: { fourEyes: 'NotRequired', maxDays: 90 },
    ...fields,
  };
  return { apiVersion, kind: 'EgressDelegation', metadata: { name: 'teams' }, spec };
}

function policy(networks: readonly string[], generation = 1): EgressPolicy {
  const metadata = { name: 'web', namespace: 'shop', uid: 'u1', generation };
  const to = networks.map((network) => ({ networks: [network], ports: [{ port: 443, protocol: 'TCP' }] }));
  const read = parseObject({ apiVersion, kind: 'EgressPolicy', metadata, spec: { subject: { allPods: true }, to } });
  if ('object' in read && read.object.kind === 'EgressPolicy') return read.object;
  throw new TypeError(JSON.stringify(read));
}

/** Of a policy as it was then, with the copy that a controller made. */
function approval(of: EgressPolicy, until = '2027-01-01T00:00:00Z', fields: object = {}): object {
  const { name, uid, generation } = of.metadata;
  const content = contentToReview(of);
  return {
    apiVersion,
    kind: 'EgressApproval',
    metadata: { name: `web-${generation}`, namespace: 'shop', creationTimestamp: '2026-11-01T00:00:00Z' },
    spec: {
      policy: { name, uid, generation, digest: digestOf(content) },
      decision: 'Approved',
      approver: 'alice',
      until,
      ...fields,
    },
    status: { policy: content },
  };
}

const clock = { ...systemClock, now: () => Date.parse('2026-11-15T00:00:00Z') };
const run = (argv: readonly string[], ...objects: readonly object[]) =>
  runPostern([...argv, '-f', '-'], {
    stdin: [...around, ...objects].map((one) => stringify(one)).join('---\n'),
    clock,
  });
const why = async (address: string, ...objects: readonly object[]): Promise<string> => {
  const { out } = await run(['why', 'shop/web-1', `${address}:443`, '-o', 'json'], ...objects);
  const { verdict, sentence } = JSON.parse(out) as { verdict: string; sentence: string };
  return `${verdict}: ${sentence}`;
};

const wide = '198.51.0.0/16';
const near = '192.0.2.0/24';

describe('a policy beyond what is delegated', () => {
  it('waits, and says so everywhere, while what is delegated of it is in force', async () => {
    const objects = [delegation(), policy([near, wide])];
    expect(await why('192.0.2.1', ...objects)).toMatch(/^Accept/);
    expect(await why('198.51.0.1', ...objects)).toMatch(/^Deny: .*goes beyond what is delegated.*postern approvals/s);
    const listed = await run(['approvals'], ...objects);
    expect(listed.code).toBe(2);
    expect(listed.out).toMatch(/postern approve shop\/web --generation 1 --for 90d --digest [0-9a-f]{12}$/m);
    expect(listed.out).toContain('spec.to[1]: 198.51.0.0/16, which is wider than /24, is not delegated by teams');
    const linted = await run(['lint', '-o', 'json'], ...objects);
    expect(linted.out).toContain('"waits-for-approval"');
  });

  it('is in force by the approval of this generation, or of the one before while this one waits', async () => {
    const first = policy([wide]);
    expect(await why('198.51.0.1', delegation(), first, approval(first))).toMatch(/^Accept/);
    const second = policy([wide, '172.16.0.0/12'], 2);
    const objects = [delegation(), second, approval(first)];
    expect(await why('198.51.0.1', ...objects)).toMatch(/^Accept/);
    expect(await why('172.16.0.1', ...objects)).toMatch(/^Deny/);
    const { out } = await run(['approvals', '-o', 'json'], ...objects);
    expect(JSON.parse(out)).toMatchObject({
      policies: [{ state: 'waits-for-approval', generation: 2, inForce: { generation: 1, approver: 'alice' } }],
    });
    const proof = await run(['verify'], ...objects);
    expect(proof.code).toBe(0);
  });

  it('is seen whole by the matrix: what was approved before has a column, too', async () => {
    const first = policy([wide]);
    const second = policy(['172.16.0.0/12'], 2);
    const { out } = await run(['matrix', '-o', 'json'], delegation(), second, approval(first));
    const rows = JSON.parse(out) as { destination: string; verdict: string }[];
    expect(rows.map(({ destination, verdict }) => `${destination} ${verdict}`).sort()).toEqual([
      '172.16.0.0/12 Deny',
      '198.51.0.0/16 Accept',
    ]);
  });

  it('is not in force when the time is over, when it was denied, or when the delegation refuses it', async () => {
    const first = policy([wide]);
    const over = approval(first, '2026-11-14T00:00:00Z');
    expect(await why('198.51.0.1', delegation(), first, over)).toMatch(/^Deny/);
    const denied = approval(first, undefined, { decision: 'Denied', until: undefined });
    const both = [approval(first), { ...denied, metadata: { name: 'denial', namespace: 'shop' } }];
    expect(await why('198.51.0.1', delegation(), first, ...both)).toMatch(/^Deny/);
    const refuses = delegation({ beyond: 'Refuse', approval: undefined });
    expect(await why('198.51.0.1', refuses, first, approval(first))).toMatch(/^Deny/);
    const { out } = await run(['approvals'], refuses, first, approval(first));
    expect(out).toContain('not-delegated');
  });

  it('is not said to be fine where a policy could not be read', async () => {
    const unread = { ...policy([near]), spec: { subject: { allPods: true }, to: [{ networks: ['198.51.100.0/20'] }] } };
    const { code, out, err } = await run(['approvals'], delegation(), unread);
    expect([code, out]).toEqual([1, 'No policy that could be read goes beyond what is delegated.\n']);
    expect(err).toContain('spec.to[0].networks[0]');
    const listed = await run(['approvals', '-o', 'json'], delegation(), unread);
    expect(JSON.parse(listed.out)).toMatchObject({
      policies: [],
      problems: [{ subject: 'EgressPolicy/shop/web' }],
    });
  });

  it.each([
    ['an externalService alone', { destinations: 'Catalogue', widestNetwork: undefined }, 'outside the catalogue'],
    ['none at all', { destinations: 'None', widestNetwork: undefined }, 'no destination is left'],
    ['fewer', { maxDestinations: 1 }, '2 destinations are more than the 1'],
    ['other ports', { ports: [{ port: 8443, protocol: 'TCP' }] }, 'one of its ports is not'],
    ['narrower networks', { widestNetwork: { ipv4: 28, ipv6: 64 } }, 'wider than /28'],
  ])('may have %s', async (_, fields, words) => {
    const { out } = await run(['approvals'], delegation(fields), policy([near, '203.0.113.0/24']));
    expect(out).toContain(words);
  });

  it('ends with its date of review where a delegation says so, and needs such a date', async () => {
    const withdraws = delegation({ overdueReviews: 'Withdraw' });
    const until = (reviewBy: string): EgressPolicy => {
      const one = policy([near]);
      return { ...one, spec: { ...one.spec, governance: { reviewBy } } };
    };
    expect(await why('192.0.2.1', withdraws, until('2026-11-16'))).toMatch(/^Accept/);
    expect(await why('192.0.2.1', withdraws, until('2026-11-14'))).toMatch(/^Deny/);
    expect(await why('192.0.2.1', delegation(), until('2026-11-14'))).toMatch(/^Accept/);
    const linted = await run(['lint', '-o', 'json'], withdraws, until('2026-11-14'));
    expect(linted.out).toContain('"review-is-over"');
    const undated = await run(['approvals'], withdraws, policy([near]));
    expect(undated.out).toContain('a policy without a date of review is not delegated by teams');
  });

  it('does not end with its date of review where it denies: that would permit more', async () => {
    const withdraws = delegation({ overdueReviews: 'Withdraw', denyRules: 'Allowed' });
    const overdue = policy([near]);
    const governance = { reviewBy: '2026-11-14' };
    const denies: EgressPolicy = { ...overdue, spec: { ...overdue.spec, action: 'Deny', governance } };
    const accepts = policy([near]);
    const other = {
      ...accepts,
      metadata: { ...accepts.metadata, name: 'other' },
      spec: { ...accepts.spec, governance: { reviewBy: '2026-12-14' } },
    };
    expect(await why('192.0.2.1', withdraws, other)).toMatch(/^Accept/);
    expect(await why('192.0.2.1', withdraws, other, denies)).toMatch(/^Deny/);
  });

  it('is told of approvals of a policy that is not there, and which was probably meant', async () => {
    const first = policy([wide]);
    const misspelled = approval({ ...first, metadata: { ...first.metadata, name: 'webb' } });
    const { code, err } = await run(['approvals'], delegation(), first, misspelled);
    expect(code).toBe(2);
    expect(err).toMatch(/there is no readable EgressPolicy webb in namespace shop; did you mean web\?/);
    const { out } = await run(['approvals', '-o', 'json'], approval(first));
    expect(JSON.parse(out)).toMatchObject({ policies: [], refused: [{ code: 'approval-for-no-policy' }] });
  });

  it('is told of approvals that do not count', async () => {
    const first = policy([wide]);
    const forged = { ...approval(policy(['172.16.0.0/12'])), status: {} };
    const { out, err } = await run(['approvals'], delegation(), first, forged);
    expect(out + err).toMatch(
      /generation 1 of web has other labels, another spec or another author than were approved/,
    );
    const long = await run(['approvals'], delegation(), first, approval(first, '2027-11-01T00:00:00Z'));
    expect(long.out + long.err).toMatch(/longer than the permitted 90 days/);
    const eyes = delegation({ approval: { fourEyes: 'Required', maxDays: 90 } });
    const alone = await run(['approvals'], eyes, first, approval(first));
    expect(alone.out + alone.err).toMatch(/the author of the policy is not recorded/);
  });

  it('is told of approvals that do not count beside one that does', async () => {
    const first = policy([wide]);
    const fine = approval(first, '2026-12-01T00:00:00Z');
    const { code, out, err } = await run(['approvals'], delegation(), first, fine, {
      ...approval(first, '2027-11-01T00:00:00Z'),
      metadata: { name: 'too-long', namespace: 'shop', creationTimestamp: '2026-11-01T00:00:00Z' },
    });
    expect([code, err]).toEqual([0, expect.stringMatching(/^error: EgressApproval\/shop\/too-long .*90 days/)]);
    expect(out).toMatch(/approved .* 2026-12-01T00:00:00Z/);
  });

  it('is told of an approval beside a denial, and that the policy waits for nobody to approve it', async () => {
    const first = policy([wide]);
    const breakGlass = { breakGlass: true, reason: 'INC-7' };
    const inAnEmergency = approval(first, '2026-11-01T02:00:00Z', breakGlass);
    const denial = { ...approval(first, undefined, { decision: 'Denied', until: undefined }) };
    const objects = [first, inAnEmergency, { ...denial, metadata: { name: 'denial', namespace: 'shop' } }];
    const { err } = await run(['approvals'], delegation(), ...objects);
    expect(err).toMatch(/EgressApproval\/shop\/web-1 .*denied by alice \(EgressApproval denial\)/);
    const linted = await run(['lint'], delegation(), ...objects);
    expect(linted.out).toMatch(/was denied by alice.*kubectl delete ega -n shop denial/);
    expect(linted.out).not.toContain('postern approve');
  });

  describe('whose text does not reach every point', () => {
    const approved = policy([wide]);
    const waits =
      'edge: 1 change waits for a change window (Mon 22:00-04:00 Europe/Berlin): EgressPolicy/shop/web spec.to[0]: 198.51.0.0/16 through port 443.';
    const condition = (type: string, status: string, reason: string, message = ''): object => {
      return { type, status, reason, message, lastTransitionTime: '2026-11-14T00:00:00Z' };
    };
    const withStatus = (reason: string, knows = 'True', observedGeneration = 1): object => ({
      ...approved,
      status: {
        observedGeneration,
        conditions: [condition('Approved', knows, 'Approved')],
        points: '1/2',
        enforcementPoints: [
          { name: 'edge', conditions: [condition('Programmed', 'False', reason, waits)] },
          { name: 'other', conditions: [condition('Programmed', 'True', 'Programmed')] },
        ],
      },
    });
    const list = (of: object, ...more: readonly string[]) =>
      run(['approvals', ...more], delegation(), of, approval(approved));

    it.each([
      ['WaitsForWindow', 'not in force'],
      ['PartlyWaits', 'in force in part'],
    ])('says where it waits for a change window, and until when: %s', async (reason, words) => {
      const { code, out } = await list(withStatus(reason));
      expect(code).toBe(0);
      expect(out).toMatch(/generation 1, by alice +2027-01-01T00:00:00Z +1\/2$/m);
      expect(out).toContain(`  ${words}: ${waits}`);
      const read = await list(withStatus(reason), '-o', 'json');
      const notYet = [{ point: 'edge', status: 'False', reason, message: waits }];
      expect(JSON.parse(read.out)).toMatchObject({ policies: [{ reached: { points: '1/2', notYet } }] });
    });

    it.each([
      ['there is none', approved],
      ['it is of another generation', withStatus('WaitsForWindow', 'True', 0)],
      ['it does not know of the approval', withStatus('WaitsForWindow', 'False')],
    ])('says nothing of that where its status does not: %s', async (_, of) => {
      const { out } = await list(of, '-o', 'json');
      expect(JSON.parse(out)).toMatchObject({ policies: [{ state: 'approved', reached: null }] });
      expect((await list(of)).out).toMatch(/2027-01-01T00:00:00Z +-$/m);
    });
  });
});
