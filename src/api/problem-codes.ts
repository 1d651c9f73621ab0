// Generated from docs/reference/problems.md by npm run generate.

/** Reading files. */
// prettier-ignore
export type FileCode =
  | 'unreadable-file' | 'no-manifests' | 'skipped-file' | 'file-too-large' | 'not-utf8' | 'invalid-yaml'
  | 'empty-file' | 'not-an-object' | 'malformed-object' | 'duplicate-object';

/** Fields of Postern's kinds. */
// prettier-ignore
export type FieldCode =
  | 'unknown-version' | 'unknown-kind' | 'unreadable' | 'unknown-field' | 'required' | 'wrong-type'
  | 'unsupported-value' | 'out-of-bounds' | 'invalid' | 'duplicate' | 'duplicate-name' | 'bad-name'
  | 'bad-label' | 'bad-domain-name' | 'bad-network' | 'bad-time' | 'bad-date' | 'bad-clock-time'
  | 'bad-time-zone' | 'control-character' | 'values-required' | 'values-forbidden'
  | 'reversed-port-range' | 'no-subject' | 'no-namespaces' | 'ports-required' | 'empty-selector'
  | 'false-is-nothing' | 'two-pod-forms' | 'two-namespace-forms' | 'two-port-forms'
  | 'all-ports-of-a-service' | 'expiry-forbidden' | 'nothing-expires' | 'network-forbidden'
  | 'pools-forbidden' | 'no-terminating-limit' | 'terminating-limit-alone' | 'dropped-null'
  | 'no-destination' | 'two-destination-forms' | 'deny-to-accept' | 'deny-on-domain-name'
  | 'networks-required' | 'networks-forbidden' | 'gateway-required' | 'gateway-forbidden'
  | 'deny-rules-required' | 'max-destinations-required' | 'widest-network-required'
  | 'widest-network-forbidden' | 'approval-required' | 'approval-forbidden' | 'until-required'
  | 'until-forbidden' | 'reason-required' | 'break-glass-forbidden' | 'approval-is-final' | 'bad-digest'
  | 'empty' | 'secret-elsewhere';

/** What the compiler finds. */
// prettier-ignore
export type CompilerCode =
  | 'unresolved-reference' | 'service-not-allowed' | 'invalid-name' | 'invalid-network' | 'invalid-port'
  | 'invalid-selector' | 'invalid-service-account' | 'empty-service-accounts' | 'empty-destination'
  | 'ambiguous-destination' | 'invalid-expiry' | 'invalid-vantage' | 'not-compiled' | 'no-common-port'
  | 'quota-exceeded' | 'not-delegated' | 'review-is-over' | 'waits-for-approval' | 'approval-denied'
  | 'approval-expired' | 'approved' | 'broke-glass' | 'approval-for-another-generation'
  | 'approval-for-another-policy' | 'approval-superseded' | 'approval-ended' | 'approval-for-no-policy'
  | 'approvals-not-guarded' | 'approved-by-author' | 'author-not-known' | 'denied-besides'
  | 'approved-too-long' | 'no-break-glass' | 'empty-subject' | 'expired' | 'equal-priority' | 'shadowed'
  | 'redundant' | 'pass-by-name-leaks' | 'pass-narrowed' | 'default-deny-by-device'
  | 'default-accept-by-device';

/** What lint also checks. */
// prettier-ignore
export type LintCode =
  | 'any-destination' | 'in-cluster-destination' | 'broad-network' | 'broad-wildcard' | 'any-port'
  | 'plaintext-port' | 'no-owner' | 'no-justification' | 'accepts-by-label-everywhere' | 'no-delegation'
  | 'expiring-soon' | 'review-due-soon' | 'review-overdue' | 'unused-service' | 'selects-nothing'
  | 'no-enforcement-point' | 'not-covered' | 'host-network' | 'shared-address' | 'egress-address'
  | 'no-egress-address' | 'no-egress-gateway' | 'doubtful-network-address' | 'no-network-address'
  | 'egress-address-for-some' | 'no-secret' | 'same-place' | 'networks-overlap' | 'addresses-overlap'
  | 'catalogue-differs' | 'expires-by-worker' | 'slow-point' | 'denies-others' | 'way-around-gateway'
  | 'gateway-asks-nobody' | 'gateway-without-pods' | 'unknown-node';

/** What lint finds in a mesh. */
// prettier-ignore
export type MeshCheckId =
  | 'S01' | 'S02' | 'S03' | 'S04' | 'S05' | 'S06' | 'S07' | 'S08' | 'S09' | 'S10' | 'S11' | 'S12'
  | 'S13' | 'S14' | 'S15' | 'S16' | 'S17' | 'S18' | 'S19' | 'S20' | 'S21' | 'S22' | 'S23' | 'S24'
  | 'S25' | 'S27' | 'S29' | 'S30' | 'S31' | 'S32' | 'S33' | 'S34' | 'S35';

/** What an import reports. */
// prettier-ignore
export type ImportCode =
  | 'carried-over' | 'not-an-address' | 'too-many-addresses' | 'host-bits' | 'wildcard-name'
  | 'every-port' | 'port-missing' | 'unknown-protocol' | 'rule-refused' | 'bad-port' | 'no-usable-port'
  | 'too-many-ports' | 'bandwidth-limit' | 'unknown-action' | 'reject-becomes-deny'
  | 'no-external-service' | 'accept-is-not-final' | 'empty-source' | 'stale-address'
  | 'not-kept-current' | 'shared-network' | 'pods-only' | 'no-endpoints' | 'not-in-endpoints'
  | 'no-namespace-network' | 'pod-outside-network' | 'namespace-not-given' | 'service-not-given'
  | 'service-without-selector' | 'order-of-arrival' | 'deny-asked-first' | 'withheld-for-order'
  | 'withheld-for-denied-name' | 'names-not-resolved' | 'too-many-destinations' | 'nothing-to-import'
  | 'kind-not-read' | 'no-namespace' | 'within-the-cluster' | 'api-server' | 'refused' | 'not-selected'
  | 'denied-by-default' | 'default-deny' | 'denies-more' | 'not-expressible'
  | 'selector-not-expressible' | 'port-not-expressible' | 'network-not-expressible'
  | 'pattern-not-expressible' | 'limit-not-expressible' | 'empty-list' | 'one-label-wildcard'
  | 'deeper-names' | 'equal-order' | 'account-without-namespace' | 'mesh-not-given' | 'place-not-known'
  | 'mesh-internal' | 'diverted' | 'route-not-expressible' | 'opaque-port' | 'rule-inspects'
  | 'tcp-and-udp' | 'rule-not-known' | 'by-address' | 'workload-not-found' | 'unknown-remote'
  | 'cloud-groups' | 'hosts' | 'icmp' | 'names-everywhere' | 'point-unfinished';

/** What a point cannot express. */
// prettier-ignore
export type LossCode =
  | 'over-grant' | 'wildcard-ipv4-only' | 'wildcard-needs-device-dns' | 'profile-unknown'
  | 'names-need-device-resolver' | 'wildcard-unknown-to-device' | 'too-many-groups-for-feeds'
  | 'no-inspection-profiles' | 'mesh-any-destination' | 'mesh-every-port' | 'mesh-gateway-api'
  | 'mesh-udp' | 'mesh-port-range' | 'mesh-name' | 'mesh-wildcard' | 'mesh-network' | 'mesh-originate'
  | 'mesh-shared-pod-port' | 'mesh-two-ways' | 'mesh-gateway-port' | 'mesh-protocol-conflict'
  | 'mesh-two-gateways' | 'mesh-tcp-port-conflict' | 'mesh-tcp-catches-all' | 'mesh-identity-direct'
  | 'mesh-deny-by-account' | 'mesh-deny-by-network' | 'mesh-deny-below-wildcard' | 'mesh-other-mode'
  | 'mesh-default-deny' | 'mesh-pods-outside' | 'mesh-others-at-gateway' | 'mesh-workload-sidecar'
  | 'mesh-ambient-default' | 'consumer-decides-by-address' | 'ipv6-not-taken' | 'deny-name-as-said'
  | 'name-needs-tls-or-http' | 'family-not-configured' | 'too-many-rules' | 'too-many-lists'
  | 'too-many-groups' | 'ipv4-only' | 'wildcard-unsupported' | 'deny-name-by-address'
  | 'name-denied-with-all' | 'denied-before-names' | 'ipv6-holds-ipv4' | 'ipv6-network-not-registered'
  | 'rules-are-yours' | 'not-for-associations' | 'not-for-selectors' | 'names-need-a-gateway'
  | 'host-network' | 'service-account-not-selectable' | 'deny-narrows-neighbours' | 'open-by-default';

/** What holds a plan back. */
// prettier-ignore
export type GuardCode =
  | 'not-synced' | 'incomplete-read' | 'empty-source' | 'any-any' | 'unreadable-policy'
  | 'too-many-removals' | 'change-window' | 'controller-lost' | 'place-taken' | 'foreign-object';

/** What a device answers. */
// prettier-ignore
export type DeviceCode =
  | 'transient' | 'throttled' | 'busy' | 'unrecorded' | 'conflict' | 'not-found' | 'failed' | 'invalid'
  | 'quota' | 'in-use' | 'foreign-owned' | 'unsupported' | 'auth' | 'forbidden' | 'refused-beforehand'
  | 'not-rehearsed' | 'in-force-not-known' | 'unknown-adapter';

/** What a report marks. */
// prettier-ignore
export type ReportCode =
  | 'not-wanted' | 'not-live' | 'insecure-service' | 'any-destination' | 'any-port' | 'wide-network'
  | 'over-grant' | 'loss' | 'expired' | 'review-overdue' | 'expiring-soon' | 'no-owner'
  | 'no-justification' | 'no-source' | 'never-hit' | 'no-mesh-counterpart' | 'addresses-overlap'
  | 'point-abandoned' | 'record-incomplete' | 'record-faulty';

/** What is found in the audit record. */
// prettier-ignore
export type RecordFault =
  | 'missing' | 'truncated' | 'head-missing' | 'expected-absent' | 'altered' | 'rewritten' | 'unlinked'
  | 'unreadable' | 'malformed' | 'repeated' | 'out-of-order' | 'time-reversed' | 'foreign'
  | 'closed-unbegun' | 'closed-twice' | 'lost';
