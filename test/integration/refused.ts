/** An object that must be refused: what is wrong, the object as YAML, the field that the refusal names, words in it. */
export type Refused = readonly [title: string, yaml: string, field: string, words: string];

function object(kind: string, metadata: string, spec: string): string {
  return `apiVersion: postern.dev/v1alpha1\nkind: ${kind}\nmetadata: ${metadata}\nspec: ${spec}\n`;
}

/** Adds to a spec, as flow YAML, what it has to say besides; what is there already stays. */
function saying(spec: string, ...fields: readonly string[]): string {
  const missing = fields.filter((field) => !spec.includes(`${field.slice(0, field.indexOf(':'))}:`));
  return missing.reduce((text, field) => (text === '{}' ? `{ ${field} }` : text.replace('{', `{ ${field},`)), spec);
}

const service = (spec: string, name = 'bad') =>
  object('ExternalService', `{ name: ${name} }`, saying(spec, 'allNamespaces: true', 'allPorts: true'));
const policyOf = (spec: string) => object('EgressPolicy', '{ name: bad, namespace: test-app }', spec);
const policy = (spec: string) => policyOf(saying(spec, 'subject: { allPods: true }'));
const clusterOf = (spec: string) => object('ClusterEgressPolicy', '{ name: bad }', spec);
const cluster = (rules: string, rest = 'tier: Admin, priority: 10') =>
  clusterOf(`{ ${rest}, subject: { allNamespaces: true, allPods: true }, egress: ${rules} }`);
const point = (spec: string) => object('EnforcementPoint', '{ name: bad }', spec);

const to = (entry: string) =>
  policy(`{ to: [${/ports:|externalService:/.test(entry) ? entry : saying(entry, 'allPorts: true')}] }`);
const network = (text: string) => to(`{ networks: [192.0.2.0/24, "${text}"] }`);
const domainName = (text: string) => to(`{ domainNames: [example.com, "${text}"] }`);
const ports = (list: string) =>
  object('ExternalService', '{ name: bad }', `{ networks: [192.0.2.0/24], allNamespaces: true, ports: ${list} }`);
const governance = (fields: string) => service(`{ networks: [192.0.2.0/24], governance: { ${fields} } }`);
const selector = (text: string) => policy(`{ subject: { podSelector: ${text} }, to: [{ externalService: x }] }`);
const many = (count: number, entry: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => entry(i)).join();

const badNetworks: readonly Refused[] = [
  ['a word for a network', network('intranet'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['an octet above 255', network('192.0.2.256/32'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['an octet with a leading zero', network('192.0.02.0/24'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['a short IPv4 form', network('192.0.2/24'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['a hexadecimal IPv4 form', network('0xc0000200/24'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['an IPv4 prefix above 32', network('192.0.2.0/33'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['a prefix with a leading zero', network('192.0.2.0/024'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['a prefix with a sign', network('192.0.2.0/+24'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['a netmask for a prefix', network('192.0.2.0/255.255.255.0'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['a network with white space', network(' 192.0.2.0/24'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['an address without prefix', network('192.0.2.7'), 'spec.to[0].networks[1]', 'no prefix'],
  ['an IPv6 address without prefix', network('2001:db8::7'), 'spec.to[0].networks[1]', 'no prefix'],
  ['host bits', network('192.0.2.7/24'), 'spec.to[0].networks[1]', 'bits set beyond its prefix'],
  ['IPv6 host bits', network('2001:db8::1/32'), 'spec.to[0].networks[1]', 'bits set beyond its prefix'],
  ['an IPv6 prefix above 128', network('2001:db8::/129'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['IPv6 with two gaps', network('2001::db8::/32'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['an IPv6 zone', network('fe80::1%eth0/128'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['an IPv4-mapped address', network('::ffff:192.0.2.7/128'), 'spec.to[0].networks[1]', 'not a CIDR'],
  ['a network twice', network('192.0.2.0/24'), 'spec.to[0].networks[1]', 'Duplicate value'],
  ['no network in the list', service('{ networks: [] }'), 'spec.networks', 'should have at least 1 items'],
];

const badNames: readonly Refused[] = [
  ['an upper-case name', domainName('API.example.com'), 'spec.to[0].domainNames[1]', 'lower case'],
  ['a trailing dot', domainName('api.example.com.'), 'spec.to[0].domainNames[1]', 'leave out the dot'],
  ['an empty label', domainName('api..example.com'), 'spec.to[0].domainNames[1]', 'full domain name'],
  ['a label of 64 characters', domainName(`${'a'.repeat(64)}.com`), 'spec.to[0].domainNames[1]', '1 to 63'],
  ['a name of 254 characters', domainName(`${'abc.'.repeat(63)}de`), 'spec.to[0].domainNames[1]', 'Too long'],
  ['a label that begins with a hyphen', domainName('-a.example.com'), 'spec.to[0].domainNames[1]', 'inner hyphens'],
  ['a name of one label', domainName('localhost'), 'spec.to[0].domainNames[1]', 'full domain name'],
  ['another script', domainName('bücher.example'), 'spec.to[0].domainNames[1]', 'xn--'],
  ['white space in a name', domainName('a b.example.com'), 'spec.to[0].domainNames[1]', 'full domain name'],
  ['a line break in a name', domainName('a.example.com\\n'), 'spec.to[0].domainNames[1]', 'full domain name'],
  ['a wildcard alone', domainName('*'), 'spec.to[0].domainNames[1]', 'whole first label'],
  ['a wildcard in the middle', domainName('a.*.example.com'), 'spec.to[0].domainNames[1]', 'whole first label'],
  ['a wildcard as part of a label', domainName('a*.example.com'), 'spec.to[0].domainNames[1]', 'whole first label'],
  ['two wildcards', domainName('*.*.example.com'), 'spec.to[0].domainNames[1]', 'whole first label'],
  ['an IPv4 address as a name', domainName('192.0.2.7'), 'spec.to[0].domainNames[1]', 'goes into networks'],
  ['a short IPv4 address as a name', domainName('127.0x1'), 'spec.to[0].domainNames[1]', 'goes into networks'],
  ['an IPv6 address as a name', domainName('2001:db8::7'), 'spec.to[0].domainNames[1]', 'goes into networks'],
  ['a URL as a name', domainName('https://example.com'), 'spec.to[0].domainNames[1]', 'without scheme'],
  ['a name with a port', domainName('example.com:443'), 'spec.to[0].domainNames[1]', 'without scheme, port'],
  ['a name twice', domainName('example.com'), 'spec.to[0].domainNames[1]', 'Duplicate value'],
];

const badPorts: readonly Refused[] = [
  ['port 0', ports('[{ port: 0 }]'), 'spec.ports[0].port', 'greater than or equal to 1'],
  ['port 65536', ports('[{ port: 65536 }]'), 'spec.ports[0].port', 'less than or equal to 65535'],
  ['a named port', ports('[{ port: https }]'), 'spec.ports[0].port', 'must be of type integer'],
  ['a port and a half', ports('[{ port: 1.5 }]'), 'spec.ports[0].port', 'must be of type integer'],
  ['no port', ports('[{ protocol: TCP }]'), 'spec.ports[0].port', 'Required value'],
  ['a reversed range', ports('[{ port: 90, endPort: 80 }]'), 'spec.ports[0].endPort', 'endPort is below port'],
  ['a range beyond the last port', ports('[{ port: 1, endPort: 70000 }]'), 'spec.ports[0].endPort', '65535'],
  ['an unknown protocol', ports('[{ port: 80, protocol: SCTP }]'), 'spec.ports[0].protocol', '"TCP", "UDP"'],
  ['a lower-case protocol', ports('[{ port: 80, protocol: tcp }]'), 'spec.ports[0].protocol', 'Unsupported value'],
  ['an unknown appProtocol', ports('[{ port: 80, appProtocol: ssh }]'), 'spec.ports[0].appProtocol', '"https"'],
  ['a port twice', ports('[{ port: 80 }, { port: 80, protocol: TCP }]'), 'spec.ports[1]', 'Duplicate value'],
  ['no port in the list', ports('[]'), 'spec.ports', 'should have at least 1 items'],
  ['too many ports', ports(`[${many(65, (i) => `{ port: ${i + 1} }`)}]`), 'spec.ports', 'at most 64 items'],
];

const badDestinations: readonly Refused[] = [
  ['nowhere to go', policy('{ to: [] }'), 'spec.to', 'should have at least 1 items'],
  ['no word of where to', policy('{ action: Accept }'), 'spec.to', 'Required value'],
  ['neither form of destination', to('{}'), 'spec.to[0]', 'set a destination'],
  ['ports without a destination', to('{ ports: [{ port: 443 }] }'), 'spec.to[0]', 'set a destination'],
  ['both forms of destination', to('{ externalService: x, networks: [192.0.2.0/24] }'), 'spec.to[0]', 'keep one form'],
  ['a service and a name', to('{ externalService: x, domainNames: [example.com] }'), 'spec.to[0]', 'keep one form'],
  [
    'a service that cannot be',
    to('{ externalService: "Git Hub" }'),
    'spec.to[0].externalService',
    'lower-case letters',
  ],
  ['a service without address', service('{ tls: Passthrough }'), 'spec', 'set the destination'],
  [
    'an unknown TLS mode',
    service('{ domainNames: [example.com], tls: None }'),
    'spec.tls',
    '"Passthrough", "Originate"',
  ],
  ['an unknown field', to('{ externalService: x, port: 443 }'), 'spec.to[0].port', 'unknown field'],
];

const badPolicies: readonly Refused[] = [
  ['Deny on a name', policy('{ action: Deny, to: [{ domainNames: [example.com] }] }'), 'spec.to', 'cannot be denied'],
  ['Pass in a namespace', policy('{ action: Pass, to: [{ externalService: x }] }'), 'spec.action', '"Accept", "Deny"'],
  [
    'an unsafe profile',
    policy('{ profile: "a; drop", to: [{ externalService: x }] }'),
    'spec.profile',
    'lower-case letters',
  ],
  [
    'a ServiceAccount that cannot be',
    policy('{ subject: { serviceAccounts: ["*"] }, to: [{ externalService: x }] }'),
    'spec.subject.serviceAccounts[0]',
    'lower-case letters',
  ],
  [
    'no ServiceAccount in the list',
    policy('{ subject: { serviceAccounts: [] }, to: [{ externalService: x }] }'),
    'spec.subject.serviceAccounts',
    'should have at least 1 items',
  ],
  [
    'an unknown tier',
    cluster('[{ action: Accept, to: [{ externalService: x }] }]', 'tier: Root, priority: 1'),
    'spec.tier',
    '"Admin"',
  ],
  [
    'no tier',
    cluster('[{ action: Accept, to: [{ externalService: x }] }]', 'priority: 1'),
    'spec.tier',
    'Required value',
  ],
  [
    'a priority above 1000',
    cluster('[{ action: Accept, to: [{ externalService: x }] }]', 'tier: Admin, priority: 1001'),
    'spec.priority',
    'less than or equal to 1000',
  ],
  [
    'a negative priority',
    cluster('[{ action: Accept, to: [{ externalService: x }] }]', 'tier: Admin, priority: -1'),
    'spec.priority',
    'greater than or equal to 0',
  ],
  ['no rules', cluster('[]'), 'spec.egress', 'should have at least 1 items'],
  ['a rule without action', cluster('[{ to: [{ externalService: x }] }]'), 'spec.egress[0].action', 'Required value'],
  ['a rule that logs', cluster('[{ action: Log, to: [{ externalService: x }] }]'), 'spec.egress[0].action', '"Pass"'],
  [
    'Deny on a name in a rule',
    cluster('[{ action: Deny, to: [{ networks: [192.0.2.0/24] }, { domainNames: [example.com] }] }]'),
    'spec.egress[0].to',
    'cannot be denied',
  ],
  [
    'two rules of one name',
    cluster(
      '[{ name: a, action: Accept, to: [{ externalService: x }] }, { name: a, action: Pass, to: [{ externalService: x }] }]',
    ),
    'spec.egress',
    'same name',
  ],
  [
    'an unsafe rule name',
    cluster('[{ name: "a\\nb", action: Accept, to: [{ externalService: x }] }]'),
    'spec.egress[0].name',
    'at both ends',
  ],
];

const badSelectors: readonly Refused[] = [
  ['a bad label key', selector('{ matchLabels: { "a b": c } }'), 'spec.subject.podSelector.matchLabels', 'label key'],
  [
    'a bad label prefix',
    selector('{ matchLabels: { "A_/b": c } }'),
    'spec.subject.podSelector.matchLabels',
    'label key',
  ],
  [
    'a bad label value',
    selector('{ matchLabels: { a: "b c" } }'),
    'spec.subject.podSelector.matchLabels',
    'label value',
  ],
  [
    'a label value of 64 characters',
    selector(`{ matchLabels: { a: ${'b'.repeat(64)} } }`),
    'spec.subject.podSelector.matchLabels.a',
    'Too long',
  ],
  [
    'a bad key in an expression',
    selector('{ matchExpressions: [{ key: "/a", operator: Exists }] }'),
    'spec.subject.podSelector.matchExpressions[0].key',
    'label key',
  ],
  [
    'In without values',
    selector('{ matchExpressions: [{ key: a, operator: In }] }'),
    'spec.subject.podSelector.matchExpressions[0].values',
    'at least one value',
  ],
  [
    'NotIn with an empty list',
    selector('{ matchExpressions: [{ key: a, operator: NotIn, values: [] }] }'),
    'spec.subject.podSelector.matchExpressions[0].values',
    'at least one value',
  ],
  [
    'Exists with values',
    selector('{ matchExpressions: [{ key: a, operator: Exists, values: [b] }] }'),
    'spec.subject.podSelector.matchExpressions[0].values',
    'remove values',
  ],
  [
    'an unknown operator',
    selector('{ matchExpressions: [{ key: a, operator: Gt, values: ["1"] }] }'),
    'spec.subject.podSelector.matchExpressions[0].operator',
    '"NotIn"',
  ],
];

const anything = '[{ action: Pass, to: [{ externalService: x }] }]';
const subjectOf = (subject: string) => policy(`{ subject: ${subject}, to: [{ externalService: x }] }`);
const clusterSubject = (subject: string) =>
  clusterOf(`{ tier: Admin, priority: 10, subject: ${subject}, egress: ${anything} }`);

/** What means everything, and does not say so. */
const unsaidBreadth: readonly Refused[] = [
  ['no subject', policyOf('{ to: [{ externalService: x }] }'), 'spec.subject', 'Required value'],
  ['an empty subject', subjectOf('{}'), 'spec.subject', 'allPods: true'],
  ['an empty podSelector', subjectOf('{ podSelector: {} }'), 'spec.subject.podSelector', 'allPods: true'],
  [
    'no label to match',
    subjectOf('{ podSelector: { matchLabels: {} } }'),
    'spec.subject.podSelector.matchLabels',
    'would select everything',
  ],
  [
    'no expression to match',
    subjectOf('{ podSelector: { matchExpressions: [] } }'),
    'spec.subject.podSelector.matchExpressions',
    'should have at least 1 items',
  ],
  ['allPods: false', subjectOf('{ allPods: false }'), 'spec.subject.allPods', 'write true'],
  [
    'every pod, and some',
    subjectOf('{ allPods: true, serviceAccounts: [x] }'),
    'spec.subject.allPods',
    'replaces podSelector',
  ],
  ['a network without ports', policy('{ to: [{ networks: [192.0.2.0/24] }] }'), 'spec.to', 'allPorts: true'],
  ['a name without ports', policy('{ to: [{ domainNames: [example.com] }] }'), 'spec.to', 'allPorts: true'],
  ['all ports of a service', to('{ externalService: x, allPorts: true }'), 'spec.to[0].allPorts', 'remove allPorts'],
  [
    'all ports, and some',
    to('{ networks: [192.0.2.0/24], allPorts: true, ports: [{ port: 443 }] }'),
    'spec.to[0].allPorts',
    'replaces ports',
  ],
  [
    'a network without ports in a rule',
    cluster('[{ action: Pass, to: [{ networks: [192.0.2.0/24] }] }]'),
    'spec.egress[0].to',
    'allPorts: true',
  ],
  ['no subject of the cluster', clusterOf(`{ tier: Admin, priority: 10, egress: ${anything} }`), 'spec.subject', ''],
  [
    'labels of pods in no namespace',
    clusterSubject('{ podSelector: { matchLabels: { a: b } } }'),
    'spec.subject',
    'allNamespaces: true',
  ],
  ['namespaces without a word of pods', clusterSubject('{ allNamespaces: true }'), 'spec.subject', 'allPods: true'],
  [
    'an empty namespaceSelector',
    clusterSubject('{ namespaceSelector: {}, allPods: true }'),
    'spec.subject.namespaceSelector',
    'allNamespaces: true',
  ],
  [
    'every namespace, and some',
    clusterSubject('{ allNamespaces: true, namespaceSelector: { matchLabels: { a: b } }, allPods: true }'),
    'spec.subject.allNamespaces',
    'keep only one of them',
  ],
  [
    'a service without ports',
    object('ExternalService', '{ name: bad }', '{ networks: [192.0.2.0/24], allNamespaces: true }'),
    'spec.ports',
    'allPorts: true',
  ],
  [
    'a service for nobody in particular',
    object('ExternalService', '{ name: bad }', '{ networks: [192.0.2.0/24], allPorts: true }'),
    'spec.allowedNamespaces',
    'allNamespaces: true',
  ],
  [
    'a service with an empty allowedNamespaces',
    service('{ networks: [192.0.2.0/24], allPorts: true, allowedNamespaces: { } }').replace('allNamespaces: true,', ''),
    'spec.allowedNamespaces',
    'allNamespaces: true',
  ],
  [
    'a point with an empty namespaceSelector',
    point('{ adapter: memory, namespaceSelector: {} }'),
    'spec.namespaceSelector',
    'leave out namespaceSelector',
  ],
];

const badGovernance: readonly Refused[] = [
  [
    'an expiry without zone',
    governance('expiresAt: "2027-01-31T00:00:00"'),
    'spec.governance.expiresAt',
    'with its zone',
  ],
  ['an expiry that is a date', governance('expiresAt: "2027-01-31"'), 'spec.governance.expiresAt', 'RFC 3339'],
  [
    'an expiry on 30 February',
    governance('expiresAt: "2027-02-30T00:00:00Z"'),
    'spec.governance.expiresAt',
    'day that exists',
  ],
  ['an expiry at 25 hours', governance('expiresAt: "2027-02-03T25:00:00Z"'), 'spec.governance.expiresAt', 'RFC 3339'],
  ['29 February of a common year', governance('reviewBy: "2027-02-29"'), 'spec.governance.reviewBy', 'day that exists'],
  ['a review some day', governance('reviewBy: next spring'), 'spec.governance.reviewBy', 'write a date'],
  ['an owner on two lines', governance('owner: "a\\nb"'), 'spec.governance.owner', 'one line'],
  ['an escape sequence', governance('justification: "\\e[2J"'), 'spec.governance.justification', 'control characters'],
  ['text that reorders itself', governance('ticket: "SEC-\\u202e1"'), 'spec.governance.ticket', 'reorder text'],
  ['an endless owner', governance(`owner: ${'a'.repeat(254)}`), 'spec.governance.owner', 'Too long'],
  ['log in words', governance('log: "yes"'), 'spec.governance.log', 'must be of type boolean'],
];

const badPoints: readonly Refused[] = [
  [
    'a time without its Expire',
    point('{ adapter: fortigate, expireAfterSeconds: 600 }'),
    'spec.expireAfterSeconds',
    'only with onControllerLoss: Expire',
  ],
  [
    'an Expire where nothing expires',
    point('{ adapter: network-policy, vantage: { type: Labels }, onControllerLoss: Expire }'),
    'spec.onControllerLoss',
    'with vantage type Labels nothing can expire',
  ],
  ['no adapter', point('{ mode: Observe }'), 'spec.adapter', 'Required value'],
  ['an adapter that is a path', point('{ adapter: ../x }'), 'spec.adapter', 'lower-case letters'],
  ['an unknown mode', point('{ adapter: fortigate, mode: DryRun }'), 'spec.mode', '"Observe", "Enforce"'],
  [
    'an unknown vantage',
    point('{ adapter: fortigate, vantage: { type: Proxy } }'),
    'spec.vantage.type',
    '"EgressGateway"',
  ],
  [
    'Static without networks',
    point('{ adapter: fortigate, vantage: { type: Static } }'),
    'spec.vantage.networks',
    'Required value',
  ],
  [
    'networks on Pod',
    point('{ adapter: fortigate, vantage: { type: Pod, networks: [192.0.2.0/24] } }'),
    'spec.vantage.networks',
    'only type Static',
  ],
  [
    'EgressGateway without gateway',
    point('{ adapter: fortigate, vantage: { type: EgressGateway } }'),
    'spec.vantage.gateway',
    'Required value',
  ],
  [
    'a gateway on Node',
    point(
      '{ adapter: fortigate, vantage: { type: Node, gateway: { namespace: x, podSelector: { matchLabels: { a: b } } } } }',
    ),
    'spec.vantage.gateway',
    'only type EgressGateway',
  ],
  [
    'a Secret of another namespace',
    point('{ adapter: fortigate, secretRef: { name: x, namespace: kube-system } }'),
    'spec.secretRef.namespace',
    'only in the namespace that it runs in',
  ],
  ['a Secret without name', point('{ adapter: fortigate, secretRef: {} }'), 'spec.secretRef.name', 'Required value'],
  [
    'a negative guard',
    point('{ adapter: fortigate, guard: { maxRemovals: -1 } }'),
    'spec.guard.maxRemovals',
    'equal to 0',
  ],
  [
    'a guard above 100 percent',
    point('{ adapter: fortigate, guard: { maxRemovalsPercent: 101 } }'),
    'spec.guard.maxRemovalsPercent',
    'less than or equal to 100',
  ],
  [
    'a default that passes',
    point('{ adapter: fortigate, defaultAction: Pass }'),
    'spec.defaultAction',
    '"Accept", "Deny"',
  ],
  ['a config that is a text', point('{ adapter: fortigate, config: x }'), 'spec.config', 'must be of type object'],
  [
    'cluster networks with host bits',
    point('{ adapter: x, clusterNetworks: [10.0.0.1/8] }'),
    'spec.clusterNetworks[0]',
    'beyond',
  ],
  [
    'a name of 64 characters',
    service('{ networks: [192.0.2.0/24] }', 'a'.repeat(64)),
    'metadata.name',
    'at most 63 characters',
  ],
  ['a name with an underscore', service('{ networks: [192.0.2.0/24] }', 'a_b'), 'metadata.name', 'lower'],
  [
    'no spec',
    'apiVersion: postern.dev/v1alpha1\nkind: EnforcementPoint\nmetadata: { name: bad }\n',
    'spec',
    'Required value',
  ],
];

export const refused: readonly Refused[] = [
  ...badNetworks,
  ...badNames,
  ...badPorts,
  ...badDestinations,
  ...badPolicies,
  ...badSelectors,
  ...unsaidBreadth,
  ...badGovernance,
  ...badPoints,
];
