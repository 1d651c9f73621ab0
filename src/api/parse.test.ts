import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalName } from '../net/name.ts';
import { isMeantForUs, isOurs, parseObject } from './parse.ts';

const apiVersion = 'postern.dev/v1alpha1';
const policy = (spec: object) => ({
  apiVersion,
  kind: 'EgressPolicy',
  metadata: { name: 'app-a', namespace: 'test-app' },
  spec: { subject: { allPods: true }, ...spec },
});
const problem = (field: string, code: string, message: string) => ({
  severity: 'error',
  subject: 'EgressPolicy/test-app/app-a',
  field,
  code,
  message,
});

describe('parseObject', () => {
  it('fills in every default', () => {
    const input = { apiVersion, kind: 'EnforcementPoint', metadata: { name: 'edge' }, spec: { adapter: 'fortigate' } };
    expect(parseObject(input)).toEqual({
      object: {
        apiVersion,
        kind: 'EnforcementPoint',
        metadata: { name: 'edge', uid: '', generation: 0, labels: {}, annotations: {} },
        spec: {
          adapter: 'fortigate',
          mode: 'Observe',
          vantage: { type: 'Pod' },
          config: {},
          guard: { maxRemovals: 50, maxRemovalsPercent: 20 },
          defaultAction: 'Deny',
        },
      },
    });
  });

  it('keeps what the API server adds: metadata of its own, and status in whatever state', () => {
    const input = {
      ...policy({ to: [{ externalService: 'github' }] }),
      metadata: {
        name: 'app-a',
        namespace: 'test-app',
        uid: 'u',
        generation: 3,
        managedFields: [{ manager: 'kubectl' }],
      },
      status: { ready: 'Perhaps' },
    };
    expect(parseObject(input)).toEqual({
      object: {
        ...input,
        metadata: { ...input.metadata, labels: {}, annotations: {} },
        spec: { subject: { allPods: true }, action: 'Accept', to: [{ externalService: 'github' }] },
      },
    });
  });

  it('reports all that is wrong at once, in the order of the fields', () => {
    const to = [
      { networks: ['10.0.0.1/8', '10.0.0.0/8'], allPorts: true },
      { domainNames: ['API.example.com'], ports: [{ port: 0 }] },
    ];
    expect(parseObject(policy({ to, sort: 'x' }))).toEqual({
      problems: [
        problem(
          'spec.sort',
          'unknown-field',
          'unknown field; known here: subject, action, to, profile, terminating, terminatingLimitSeconds, governance',
        ),
        problem(
          'spec.to[0].networks[0]',
          'bad-network',
          '10.0.0.1/8 has bits set beyond its prefix; write 10.0.0.0/8 for the network or 10.0.0.1/32 for the one address',
        ),
        problem(
          'spec.to[1].domainNames[0]',
          'bad-domain-name',
          'Invalid value: "API.example.com": write domain names in lower case',
        ),
        problem(
          'spec.to[1].ports[0].port',
          'out-of-bounds',
          'Invalid value: 0: should be greater than or equal to 1: Port, or first port of a range.',
        ),
      ],
    });
  });

  it('tells of a huge number by the bound of its field alone', () => {
    const to = [{ domainNames: ['api.example.com'], ports: [{ port: 1e23 }] }];
    expect(parseObject(policy({ to }))).toEqual({
      problems: [
        problem(
          'spec.to[0].ports[0].port',
          'out-of-bounds',
          'Invalid value: 1e+23: should be less than or equal to 65535: Port, or first port of a range.',
        ),
      ],
    });
  });

  it('says what a missing field is for', () => {
    expect(parseObject(policy({}))).toEqual({
      problems: [problem('spec.to', 'required', 'Required value: Destinations outside the cluster.')],
    });
  });

  it('asks for the namespace instead of guessing one', () => {
    const input = { ...policy({ to: [{ externalService: 'github' }] }), metadata: { name: 'app-a' } };
    expect(parseObject(input)).toMatchObject({
      problems: [{ subject: 'EgressPolicy/app-a', field: 'metadata.namespace', code: 'required' }],
    });
  });

  it('names the version and the kinds that it reads', () => {
    expect(parseObject({ ...policy({}), apiVersion: 'postern.dev/v2' })).toEqual({
      problems: [problem('apiVersion', 'unknown-version', 'write apiVersion: postern.dev/v1alpha1')],
    });
    expect(parseObject({ apiVersion, kind: 'constructor' })).toEqual({
      problems: [
        {
          severity: 'error',
          subject: 'constructor',
          field: 'kind',
          code: 'unknown-kind',
          message:
            'write one of the kinds ExternalService, EgressPolicy, ClusterEgressPolicy, EnforcementPoint, EgressDelegation, EgressApproval',
        },
      ],
    });
  });

  it('never throws, and never answers without an object or a problem', () => {
    const kind = fc.constantFrom('ExternalService', 'EgressPolicy', 'ClusterEgressPolicy', 'EnforcementPoint');
    const near = fc.record({ apiVersion: fc.constant(apiVersion), kind, metadata: fc.anything(), spec: fc.anything() });
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withNullPrototype: true, withBigInt: true }), near), (input) => {
        const parsed = parseObject(input);
        return 'object' in parsed || parsed.problems.length > 0;
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('takes no denial for an emergency, which has another right', () => {
    const policy = { name: 'web', uid: 'u1', generation: 1, digest: 'f'.repeat(64) };
    const spec = { policy, decision: 'Denied', approver: 'dan', breakGlass: true, reason: 'INC-7' };
    const denied = { apiVersion, kind: 'EgressApproval', metadata: { name: 'a', namespace: 'shop' }, spec };
    expect(parseObject(denied)).toMatchObject({
      problems: [{ field: 'spec.breakGlass', code: 'break-glass-forbidden' }],
    });
    expect(parseObject({ ...denied, spec: { ...spec, breakGlass: undefined } })).toHaveProperty('object');
  });

  it('turns a value that throws when it is read into a problem', () => {
    const hostile = {
      get apiVersion(): string {
        throw new Error('no');
      },
    };
    expect(parseObject(hostile)).toEqual({
      problems: [
        {
          severity: 'error',
          subject: 'an object',
          field: '',
          code: 'unreadable',
          message: 'the object cannot be read: pass plain data',
        },
      ],
    });
  });

  it('accepts only domain names that the rest of Postern reads the same way', () => {
    const character = fc.constantFrom('a', 'b', '1', '-', '_', '.', '*', 'x');
    fc.assert(
      fc.property(fc.string({ unit: character, minLength: 1, maxLength: 12 }), (name) => {
        const parsed = parseObject(policy({ to: [{ domainNames: [name] }] }));
        expect('object' in parsed && canonicalName(name)).toBe('object' in parsed && name);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it.each(['https://', '::ffff:10.0.0.1/128', '[::1]/128', '', '/', '1.2.3.4/', '١.0.0.0/8'])(
    'refuses %j as a network',
    (network) => {
      expect(parseObject(policy({ to: [{ networks: [network], allPorts: true }] }))).toMatchObject({
        problems: [{ field: 'spec.to[0].networks[0]', code: 'bad-network' }],
      });
    },
  );
});

describe('isMeantForUs', () => {
  it('knows our kinds in a group that is misspelled or left out, and leaves those of others alone', () => {
    const groups = [
      'postern.io/v1alpha1',
      'postren.dev/v1alpha1',
      'v1alpha1',
      'policy.example.com/v1',
      'postern.dev/v1',
    ];
    const meant = groups.map((version) => isMeantForUs({ apiVersion: version, kind: 'EgressPolicy' }));
    expect(meant).toEqual([true, true, true, false, false]);
    expect(isMeantForUs({ apiVersion: 'postern.io/v1', kind: 'Letter' })).toBe(false);
  });
});

describe('what was probably meant', () => {
  const messages = (over: object): readonly string[] => {
    const parsed = parseObject(policy(over));
    return 'problems' in parsed ? parsed.problems.map(({ field, message }) => `${field} ${message}`) : [];
  };

  it.each([
    ['Allow', 'Accept'],
    ['block', 'Deny'],
    ['Drop', 'Deny'],
  ])('of the action %s of other APIs is %s', (action, meant) => {
    expect(messages({ action })[0]).toContain(`did you mean ${meant}?`);
  });

  it('of a text instead of a list is told once', () => {
    expect(messages({ to: [{ domainNames: 'www.example.com', allPorts: true }] })).toEqual([
      expect.stringMatching(/^spec\.to\[0\]\.domainNames Invalid value: "www\.example\.com": must be of type array/),
    ]);
  });
});

describe('isOurs', () => {
  it('knows the group in any version, and nothing else', () => {
    const groups = ['postern.dev/v1alpha1', 'postern.dev/v9', 'v1', 'postern.dev.evil/v1', 7];
    expect(groups.map((version) => isOurs({ apiVersion: version }))).toEqual([true, true, false, false, false]);
    expect(isOurs(null)).toBe(false);
  });
});
