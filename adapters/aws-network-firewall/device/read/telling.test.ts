import { describe, expect, it } from 'vitest';
import { monday } from '../../../../test/kit/laws/states.ts';
import { strictPolicy } from '../../simulator/simulator.ts';
import { anAccount } from '../../testing/an-account.ts';

const rigWith = anAccount();

describe('a firewall', () => {
  it('is live when every zone has the versions that were written', async () => {
    const { rig } = await rigWith({ zoneLags: [0, 30] });
    const first = await rig.turn(monday);
    expect([first.state, first.evidence]).toEqual(['activating', expect.stringMatching(/^eu-west-1b: /)]);
    const { state, evidence } = await rig.settle(monday);
    expect([state, evidence]).toEqual(['programmed', 'in sync in eu-west-1a, eu-west-1b']);
  });

  it.each([
    [
      { policy: { FirewallPolicyStatus: 'ERROR', StatusMessage: 'gone wrong' } },
      'policy edge-policy: ERROR (gone wrong)',
    ],
    [
      { endpoint: { Status: 'FAILED', StatusMessage: 'no addresses' } },
      'eu-west-1a: its endpoint is in state FAILED (no addresses); eu-west-1b: its endpoint is in state FAILED (no addresses)',
    ],
  ])('is not called live against what AWS says: %j', async (troubles, told) => {
    const { rig, aws } = await rigWith();
    await rig.settle(monday);
    aws.edit((state) => ({ ...state, troubles }));
    const { state, evidence } = await rig.sync(monday);
    expect([state, evidence]).toEqual(['activating', told]);
  });
});

describe('a policy', () => {
  it.each([
    [{ StatefulEngineOptions: { RuleOrder: 'DEFAULT_ACTION_ORDER' } }, /default action order.*STRICT_ORDER/],
    [{ StatefulDefaultActions: ['aws:drop_strict'] }, /default actions aws:drop_strict\. Set StatefulDefaultActions/],
  ])('refuses a policy in which rules would mean something else: %j', async (change, message) => {
    const { rig, aws } = await rigWith({ policy: { ...strictPolicy, ...change } });
    const { state, error } = await rig.sync(monday);
    expect([state, error?.errorClass, error?.message]).toEqual([
      'failed',
      'unsupported',
      expect.stringMatching(message),
    ]);
    expect(aws.requests().filter(({ wrote }) => wrote)).toEqual([]);
  });

  it('says what to do where the firewall has a Next Generation policy', async () => {
    const { rig, aws } = await rigWith();
    const body = JSON.stringify({ UpdateToken: crypto.randomUUID(), FirewallPolicyV2Response: {} });
    aws.fault({ kind: 'error-before', status: 404, match: 'DescribeFirewallPolicy$', times: 9 });
    aws.fault({ kind: 'answer', status: 200, body, match: 'DescribeFirewallPolicyV2$', times: 9 });
    expect((await rig.sync(monday)).error).toMatchObject({
      errorClass: 'unsupported',
      message: expect.stringMatching(/Next Generation policy edge-policy.*AssociateFirewallPolicy/) as string,
    });
  });

  const validation = { DNSFirewallRuleGroupId: 'rslvr-frg-1', DNSExpiryExceptionPolicy: 'REJECT' };
  it.each([
    [{}, 'as said', /Set Route53ResolvedIPValidation/],
    [{ Route53ResolvedIPValidation: { ...validation, Action: 'ALERT' } }, 'as said', /only raises alerts/],
    [
      { Route53ResolvedIPValidation: { ...validation, Action: 'DROP' } },
      'resolved',
      /not returned for any name.*does not check/,
    ],
    [
      {
        Route53ResolvedIPValidation: {
          ...validation,
          Action: 'DROP',
          SourceIPRanges: [{ AddressDefinition: '10.0.0.0/8' }],
        },
      },
      'resolved',
      /applies only to SourceIPRanges/,
    ],
  ])('is told by what it makes of a client that says an accepted name: %j', async (change, value, reason) => {
    const { rig } = await rigWith({ policy: { ...strictPolicy, ...change } });
    const { session } = await rig.connect();
    const { choices } = await session.probe();
    expect(choices['names']).toEqual({ value, reason: expect.stringMatching(reason) as string });
  });

  it('whose check of names does not work is told of', async () => {
    const Route53ResolvedIPValidation = { ...validation, Action: 'DROP' };
    const { rig, aws } = await rigWith({ policy: { ...strictPolicy, Route53ResolvedIPValidation } });
    const Errors = [{ Code: 'DNS_FIREWALL_RULE_GROUP_UNAVAILABLE', Message: 'it was deleted' }];
    aws.edit((state) => ({ ...state, troubles: { policy: { Errors } } }));
    const { session } = await rig.connect();
    const { choices } = await session.probe();
    expect(choices['names']).toEqual({
      value: 'as said',
      reason: expect.stringMatching(/does not work: DNS_FIREWALL_RULE_GROUP_UNAVAILABLE \(it was deleted\)/) as string,
    });
  });
});
