/** An object that must be refused: what is wrong, the object as YAML, the field that the refusal names, words in it. */
export type Refused = readonly [title: string, yaml: string, field: string, words: string];

/** Rows whose fields are all below one. */
function within(prefix: string, rows: readonly Refused[]): readonly Refused[] {
  return rows.map(([title, yaml, field, words]) => [title, yaml, prefix + field, words]);
}

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
const gate = (spec: string) => point(`{ adapter: fortigate, ${spec} }`);

const to = (entry: string) =>
  policy(`{ to: [${/ports:|externalService:/.test(entry) ? entry : saying(entry, 'allPorts: true')}] }`);
const network = (text: string) => to(`{ networks: [192.0.2.0/24, "${text}"] }`);
const domainName = (text: string) => to(`{ domainNames: [example.com, "${text}"] }`);
const ports = (list: string) =>
  object('ExternalService', '{ name: bad }', `{ networks: [192.0.2.0/24], allNamespaces: true, ports: ${list} }`);
const governance = (fields: string) => service(`{ networks: [192.0.2.0/24], governance: { ${fields} } }`);
const anything = '[{ action: Pass, to: [{ externalService: x }] }]';
const subjectOf = (subject: string) => policy(`{ subject: ${subject}, to: [{ externalService: x }] }`);
const selector = (text: string) => subjectOf(`{ podSelector: ${text} }`);
const labels = (text: string) => selector(`{ matchLabels: ${text} }`);
const expression = (text: string) => selector(`{ matchExpressions: [${text}] }`);
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

const badPolicies = within('spec.', [
  ['Deny on a name', policy('{ action: Deny, to: [{ domainNames: [example.com] }] }'), 'to', 'cannot be denied'],
  ['Pass in a namespace', policy('{ action: Pass, to: [{ externalService: x }] }'), 'action', '"Accept", "Deny"'],
  [
    'an unsafe profile',
    policy('{ profile: "a; drop", to: [{ externalService: x }] }'),
    'profile',
    'lower-case letters',
  ],
  [
    'a ServiceAccount that cannot be',
    subjectOf('{ serviceAccounts: ["*"] }'),
    'subject.serviceAccounts[0]',
    'lower-case letters',
  ],
  [
    'no ServiceAccount in the list',
    subjectOf('{ serviceAccounts: [] }'),
    'subject.serviceAccounts',
    'should have at least 1 items',
  ],
  ['an unknown tier', cluster(anything, 'tier: Root, priority: 1'), 'tier', '"Admin"'],
  ['no tier', cluster(anything, 'priority: 1'), 'tier', 'Required value'],
  ['a priority above 1000', cluster(anything, 'tier: Admin, priority: 1001'), 'priority', 'less than or equal to 1000'],
  ['a negative priority', cluster(anything, 'tier: Admin, priority: -1'), 'priority', 'greater than or equal to 0'],
  ['no rules', cluster('[]'), 'egress', 'should have at least 1 items'],
  ['a rule without action', cluster('[{ to: [{ externalService: x }] }]'), 'egress[0].action', 'Required value'],
  ['a rule that logs', cluster('[{ action: Log, to: [{ externalService: x }] }]'), 'egress[0].action', '"Pass"'],
  [
    'Deny on a name in a rule',
    cluster('[{ action: Deny, to: [{ networks: [192.0.2.0/24] }, { domainNames: [example.com] }] }]'),
    'egress[0].to',
    'cannot be denied',
  ],
  [
    'two rules of one name',
    cluster(
      '[{ name: a, action: Accept, to: [{ externalService: x }] }, { name: a, action: Pass, to: [{ externalService: x }] }]',
    ),
    'egress',
    'same name',
  ],
  [
    'an unsafe rule name',
    cluster('[{ name: "a\\nb", action: Accept, to: [{ externalService: x }] }]'),
    'egress[0].name',
    'at both ends',
  ],
]);

const badSelectors = within('spec.subject.podSelector.', [
  ['a bad label key', labels('{ "a b": c }'), 'matchLabels', 'label key'],
  ['a bad label prefix', labels('{ "A_/b": c }'), 'matchLabels', 'label key'],
  ['a bad label value', labels('{ a: "b c" }'), 'matchLabels', 'label value'],
  ['a label value of 64 characters', labels(`{ a: ${'b'.repeat(64)} }`), 'matchLabels.a', 'Too long'],
  ['a bad key in an expression', expression('{ key: "/a", operator: Exists }'), 'matchExpressions[0].key', 'label key'],
  ['In without values', expression('{ key: a, operator: In }'), 'matchExpressions[0].values', 'at least one value'],
  [
    'NotIn with an empty list',
    expression('{ key: a, operator: NotIn, values: [] }'),
    'matchExpressions[0].values',
    'at least one value',
  ],
  [
    'Exists with values',
    expression('{ key: a, operator: Exists, values: [b] }'),
    'matchExpressions[0].values',
    'remove values',
  ],
  [
    'an unknown operator',
    expression('{ key: a, operator: Gt, values: ["1"] }'),
    'matchExpressions[0].operator',
    '"NotIn"',
  ],
]);

const clusterSubject = (subject: string) =>
  clusterOf(`{ tier: Admin, priority: 10, subject: ${subject}, egress: ${anything} }`);

/** What means everything, and does not say so. */
const unsaidBreadth = within('spec.', [
  ['no subject', policyOf('{ to: [{ externalService: x }] }'), 'subject', 'Required value'],
  ['an empty subject', subjectOf('{}'), 'subject', 'allPods: true'],
  ['an empty podSelector', selector('{}'), 'subject.podSelector', 'allPods: true'],
  ['no label to match', labels('{}'), 'subject.podSelector.matchLabels', 'would select everything'],
  [
    'no expression to match',
    selector('{ matchExpressions: [] }'),
    'subject.podSelector.matchExpressions',
    'should have at least 1 items',
  ],
  ['allPods: false', subjectOf('{ allPods: false }'), 'subject.allPods', 'write true'],
  [
    'every pod, and some',
    subjectOf('{ allPods: true, serviceAccounts: [x] }'),
    'subject.allPods',
    'replaces podSelector',
  ],
  ['a network without ports', policy('{ to: [{ networks: [192.0.2.0/24] }] }'), 'to', 'allPorts: true'],
  ['a name without ports', policy('{ to: [{ domainNames: [example.com] }] }'), 'to', 'allPorts: true'],
  ['all ports of a service', to('{ externalService: x, allPorts: true }'), 'to[0].allPorts', 'remove allPorts'],
  [
    'all ports, and some',
    to('{ networks: [192.0.2.0/24], allPorts: true, ports: [{ port: 443 }] }'),
    'to[0].allPorts',
    'replaces ports',
  ],
  [
    'a network without ports in a rule',
    cluster('[{ action: Pass, to: [{ networks: [192.0.2.0/24] }] }]'),
    'egress[0].to',
    'allPorts: true',
  ],
  ['no subject of the cluster', clusterOf(`{ tier: Admin, priority: 10, egress: ${anything} }`), 'subject', ''],
  [
    'labels of pods in no namespace',
    clusterSubject('{ podSelector: { matchLabels: { a: b } } }'),
    'subject',
    'allNamespaces: true',
  ],
  ['namespaces without a word of pods', clusterSubject('{ allNamespaces: true }'), 'subject', 'allPods: true'],
  [
    'an empty namespaceSelector',
    clusterSubject('{ namespaceSelector: {}, allPods: true }'),
    'subject.namespaceSelector',
    'allNamespaces: true',
  ],
  [
    'every namespace, and some',
    clusterSubject('{ allNamespaces: true, namespaceSelector: { matchLabels: { a: b } }, allPods: true }'),
    'subject.allNamespaces',
    'keep only one of them',
  ],
  [
    'a service without ports',
    object('ExternalService', '{ name: bad }', '{ networks: [192.0.2.0/24], allNamespaces: true }'),
    'ports',
    'allPorts: true',
  ],
  [
    'a service for nobody in particular',
    object('ExternalService', '{ name: bad }', '{ networks: [192.0.2.0/24], allPorts: true }'),
    'allowedNamespaces',
    'allNamespaces: true',
  ],
  [
    'a service with an empty allowedNamespaces',
    service('{ networks: [192.0.2.0/24], allPorts: true, allowedNamespaces: { } }').replace('allNamespaces: true,', ''),
    'allowedNamespaces',
    'allNamespaces: true',
  ],
  [
    'a point with an empty namespaceSelector',
    point('{ adapter: memory, namespaceSelector: {} }'),
    'namespaceSelector',
    'leave out namespaceSelector',
  ],
]);

const badGovernance = within('spec.governance.', [
  ['an expiry without zone', governance('expiresAt: "2027-01-31T00:00:00"'), 'expiresAt', 'with its zone'],
  ['an expiry that is a date', governance('expiresAt: "2027-01-31"'), 'expiresAt', 'RFC 3339'],
  ['an expiry on 30 February', governance('expiresAt: "2027-02-30T00:00:00Z"'), 'expiresAt', 'day that exists'],
  ['an expiry at 25 hours', governance('expiresAt: "2027-02-03T25:00:00Z"'), 'expiresAt', 'RFC 3339'],
  ['29 February of a common year', governance('reviewBy: "2027-02-29"'), 'reviewBy', 'day that exists'],
  ['a review some day', governance('reviewBy: next spring'), 'reviewBy', 'write a date'],
  ['an owner on two lines', governance('owner: "a\\nb"'), 'owner', 'one line'],
  ['an escape sequence', governance('justification: "\\e[2J"'), 'justification', 'control characters'],
  ['text that reorders itself', governance('ticket: "SEC-\\u202e1"'), 'ticket', 'reorder text'],
  ['an endless owner', governance(`owner: ${'a'.repeat(254)}`), 'owner', 'Too long'],
  ['log in words', governance('log: "yes"'), 'log', 'must be of type boolean'],
]);

const badPoints = within('spec.', [
  [
    'a time without its Expire',
    gate('expireAfterSeconds: 600'),
    'expireAfterSeconds',
    'only with onControllerLoss: Expire',
  ],
  [
    'an Expire where nothing expires',
    point('{ adapter: network-policy, vantage: { type: Labels }, onControllerLoss: Expire }'),
    'onControllerLoss',
    'with vantage type Labels nothing can expire',
  ],
  ['no adapter', point('{ mode: Observe }'), 'adapter', 'Required value'],
  ['an adapter that is a path', point('{ adapter: ../x }'), 'adapter', 'lower-case letters'],
  ['an unknown mode', gate('mode: DryRun'), 'mode', '"Observe", "Enforce"'],
  ['an unknown vantage', gate('vantage: { type: Proxy }'), 'vantage.type', '"EgressGateway"'],
  ['Static without networks', gate('vantage: { type: Static }'), 'vantage.networks', 'Required value'],
  ['networks on Pod', gate('vantage: { type: Pod, networks: [192.0.2.0/24] }'), 'vantage.networks', 'only type Static'],
  ['EgressGateway without gateway', gate('vantage: { type: EgressGateway }'), 'vantage.gateway', 'Required value'],
  [
    'a gateway on Node',
    gate('vantage: { type: Node, gateway: { namespace: x, podSelector: { matchLabels: { a: b } } } }'),
    'vantage.gateway',
    'only type EgressGateway',
  ],
  [
    'a Secret of another namespace',
    gate('secretRef: { name: x, namespace: kube-system }'),
    'secretRef.namespace',
    'only in the namespace that it runs in',
  ],
  ['a Secret without name', gate('secretRef: {}'), 'secretRef.name', 'Required value'],
  ['a negative guard', gate('guard: { maxRemovals: -1 }'), 'guard.maxRemovals', 'equal to 0'],
  [
    'a guard above 100 percent',
    gate('guard: { maxRemovalsPercent: 101 }'),
    'guard.maxRemovalsPercent',
    'less than or equal to 100',
  ],
  ['a default that passes', gate('defaultAction: Pass'), 'defaultAction', '"Accept", "Deny"'],
  ['a config that is a text', gate('config: x'), 'config', 'must be of type object'],
  [
    'cluster networks with host bits',
    point('{ adapter: x, clusterNetworks: [10.0.0.1/8] }'),
    'clusterNetworks[0]',
    'beyond',
  ],
]);

const badObjects: readonly Refused[] = [
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
  ...badObjects,
];
