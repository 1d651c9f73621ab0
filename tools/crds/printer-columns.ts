import type { Kind } from '../../src/api/kinds.ts';

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** 1: shown with `-o wide` only. */
  readonly priority?: 1;
}

function column(name: string, jsonPath: string, description: string, type: Column['type'] = 'string'): Column {
  return { name, type, jsonPath, description };
}

function wide(name: string, jsonPath: string, description: string): Column {
  return { ...column(name, jsonPath, description), priority: 1 };
}

const ready = column('Ready', '.status.ready', 'True when everything it asks for is in force.');
const reason = wide(
  'Reason',
  '.status.conditions[?(@.status!="True")].message',
  'Why it is not ready, and what to do.',
);
const age = column('Age', '.metadata.creationTimestamp', 'Since it was created.', 'date');
const inForce = 'Enforcement points where it is in force, of those that it concerns.';
/** As text: the date type shows how long ago something was, and `<invalid>` for what is still to come. */
const expires = column('Expires', '.spec.governance.expiresAt', 'From when on it contributes nothing.');
const governed = [
  column('Points', '.status.points', inForce),
  expires,
  wide('Owner', '.spec.governance.owner', 'Who answers for it.'),
  reason,
  age,
];

export const printerColumns: Readonly<Record<Kind, readonly Column[]>> = {
  ExternalService: [
    wide('Names', '.spec.domainNames', 'Its domain names.'),
    wide('Networks', '.spec.networks', 'Its networks.'),
    ready,
    column('Policies', '.status.policies', 'Policies that refer to it.', 'integer'),
    ...governed,
  ],
  EgressPolicy: [column('Action', '.spec.action', 'What happens to matching flows.'), ready, ...governed],
  ClusterEgressPolicy: [
    column('Tier', '.spec.tier', 'Before or after the namespaced policies.'),
    column('Priority', '.spec.priority', 'Lower is asked first.', 'integer'),
    ready,
    ...governed,
  ],
  EgressDelegation: [
    column('Destinations', '.spec.destinations', 'What namespaces may choose by themselves.'),
    column('Beyond', '.spec.beyond', 'What becomes of what goes further.'),
    ready,
    reason,
    age,
  ],
  EgressApproval: [
    column('Policy', '.spec.policy.name', 'The EgressPolicy it is about.'),
    column('Generation', '.spec.policy.generation', 'The generation that was looked at.', 'integer'),
    column('Decision', '.spec.decision', 'Approved or Denied.'),
    column('Approver', '.spec.approver', 'Who decided.'),
    column('Until', '.spec.until', 'From when on it counts no longer.'),
    ready,
    reason,
    age,
  ],
  EnforcementPoint: [
    column('Adapter', '.spec.adapter', 'Kind of device.'),
    column('Mode', '.spec.mode', 'Observe touches nothing.'),
    ready,
    column('Rules', '.status.inForce', 'Rules in force, of those that are wanted.'),
    column('Addresses', '.status.addresses', 'Source addresses in force.', 'integer'),
    column('Synced', '.status.lastSyncTime', 'Since the last read-back.', 'date'),
    wide('Vantage', '.spec.vantage.type', 'What it sees.'),
    reason,
    age,
  ],
};
