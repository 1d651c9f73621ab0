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

const ready = column('Ready', '.status.ready', 'True: everything that the object asks for is in force.');
const reason = wide(
  'Reason',
  '.status.conditions[?(@.status!="True")].message',
  'Why the object is not ready, and what to do.',
);
const age = column('Age', '.metadata.creationTimestamp', 'Time since the object was created.', 'date');
const inForce = 'Number of enforcement points where it is in force, and of those where it should be.';
/** As text: the date type shows how long ago something was, and `<invalid>` for what is still to come. */
const expires = column('Expires', '.spec.governance.expiresAt', 'Time from which the object has no effect.');
const governed = [
  column('Points', '.status.points', inForce),
  expires,
  wide('Owner', '.spec.governance.owner', 'Team or person responsible for this access.'),
  reason,
  age,
];

export const printerColumns: Readonly<Record<Kind, readonly Column[]>> = {
  ExternalService: [
    wide('Names', '.spec.domainNames', 'Its domain names.'),
    wide('Networks', '.spec.networks', 'Its networks.'),
    ready,
    column('Policies', '.status.policies', 'Number of policies that refer to it.', 'integer'),
    ...governed,
  ],
  EgressPolicy: [column('Action', '.spec.action', 'What happens to matching flows.'), ready, ...governed],
  ClusterEgressPolicy: [
    column('Tier', '.spec.tier', 'Admin: evaluated before the namespaced policies. Baseline: after them.'),
    column('Priority', '.spec.priority', 'The lowest number is evaluated first.', 'integer'),
    ready,
    ...governed,
  ],
  EgressDelegation: [
    column('Destinations', '.spec.destinations', 'Destinations that policies may use without an approval.'),
    column('Beyond', '.spec.beyond', 'What happens to entries that exceed the limits.'),
    ready,
    reason,
    age,
  ],
  EgressApproval: [
    column('Policy', '.spec.policy.name', 'Name of the EgressPolicy.'),
    column('Generation', '.spec.policy.generation', 'Generation of the policy that the approver reviewed.', 'integer'),
    column('Decision', '.spec.decision', 'Approved or Denied.'),
    column('Approver', '.spec.approver', 'User name of the approver.'),
    column('Until', '.spec.until', 'Time at which the approval ends.'),
    ready,
    reason,
    age,
  ],
  EnforcementPoint: [
    column('Adapter', '.spec.adapter', 'Kind of device.'),
    column('Mode', '.spec.mode', 'Observe: changes nothing on the device. Enforce: applies the plan.'),
    ready,
    column('Rules', '.status.inForce', 'Number of rules on the device, and of rules that it should have.'),
    column('Addresses', '.status.addresses', 'Number of source addresses in force.', 'integer'),
    column('Synced', '.status.lastSyncTime', 'Time since the last read-back.', 'date'),
    wide('Vantage', '.spec.vantage.type', 'What the point sees as the source of a flow.'),
    reason,
    age,
  ],
};
