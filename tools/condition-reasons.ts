import type { ConditionReasons, ConditionType, DeviceReason } from '../src/api/condition-reasons.ts';

/** One reason of a condition: what it means, and what a person does about it. */
export interface Reason {
  readonly status: 'True' | 'False' | 'Unknown' | 'True or False';
  readonly means: string;
  /** Empty: nothing. */
  readonly todo: string;
}

/** What each reason means, by the type of the condition. `errorPolicy` has those of devices. */
export const reasons: {
  readonly [T in ConditionType]: Readonly<Record<Exclude<ConditionReasons[T], DeviceReason>, Reason>>;
} = {
  Accepted: {
    Accepted: { status: 'True', means: 'The object says what it means; warnings are in the message.', todo: '' },
    Invalid: {
      status: 'False',
      means: 'A part of the object cannot be used and has no effect.',
      todo: 'Correct the fields that the message names; `postern lint -f` finds the same before it is applied.',
    },
    Superseded: {
      status: 'False',
      means: 'The approval has ended: a later generation that permits less was in force after it.',
      todo: 'Nothing. Delete it when it is no longer needed as evidence.',
    },
    Ended: {
      status: 'False',
      means: 'The approval has expired.',
      todo: 'Approve the policy again if its access is still needed.',
    },
  },
  ResolvedRefs: {
    ResolvedRefs: { status: 'True', means: 'All references resolve.', todo: '' },
    RefNotUsable: {
      status: 'False',
      means: 'An ExternalService is missing, or does not allow this namespace.',
      todo: 'Create it, or ask its owner to allow the namespace in `spec.allowedNamespaces`.',
    },
  },
  Approved: {
    Approved: {
      status: 'True',
      means: 'An EgressApproval of this generation is in effect; the message names the approver.',
      todo: '',
    },
    BrokeGlass: {
      status: 'True',
      means: 'In force by a break-glass approval.',
      todo: 'Have it approved, or withdrawn, before it expires.',
    },
    WaitsForApproval: {
      status: 'False',
      means: 'The policy goes beyond its delegation. The message says what is in force meanwhile.',
      todo: 'Ask an approver to review it: `postern approvals`, `postern approve`.',
    },
    Denied: {
      status: 'False',
      means: 'This generation was denied; the message names the approver and the reason.',
      todo: 'Change the policy, or talk to them.',
    },
    ApprovalExpired: {
      status: 'False',
      means: 'Its approval has expired; only what is delegated is in force.',
      todo: 'Have it approved again, or remove what is no longer needed.',
    },
  },
  Programmed: {
    Programmed: { status: 'True', means: 'Read back from the device, and live where the device can tell.', todo: '' },
    EarlierVersion: {
      status: 'False',
      means:
        'What is in force is an earlier version of the object: the compiler failed of this one, or it waits because the compiler failed of another one.',
      todo: 'See `Accepted`, and [what to do](alerts.md#posternobjectnotcompiled).',
    },
    NotUsed: { status: 'True', means: 'No rule uses this service.', todo: 'Nothing, or delete it.' },
    Pending: {
      status: 'Unknown',
      means: 'No worker has handled it yet.',
      todo: 'If it lasts, check that a worker runs and its queue moves (`postern_queue_oldest_seconds`).',
    },
    WorkWaits: {
      status: 'Unknown',
      means:
        'No worker has handled the point for a small multiple of the usual time, at least a minute; the message says since when.',
      todo: 'Start a worker, and check that it reaches Redis: `postern status`, `/readyz` of worker and controller.',
    },
    StoreUnavailable: {
      status: 'Unknown',
      means: 'Redis does not answer the controller, so no worker gets work.',
      todo: 'Restore Redis; devices keep their rules meanwhile.',
    },
    Activating: {
      status: 'Unknown',
      means:
        'Written and read back, but not yet in force as written: the data plane lags, or something of others is in the way. The message says which.',
      todo: "If it lasts, change what the message names, or look at the device's own status.",
    },
    InProgress: {
      status: 'Unknown',
      means:
        'The device has accepted a change and is carrying it out; the message says since when, and what the device says.',
      todo: 'Nothing: some take minutes. If it does not end, the reason becomes `DeviceBusy`; then look at the device.',
    },
    ObserveOnly: {
      status: 'False',
      means: 'The device differs from the intent, and the point is in mode Observe.',
      todo: '`postern plan --live` shows what would change; set `mode: Enforce` to have it done.',
    },
    OnlyWatched: {
      status: 'Unknown',
      means: 'Of a policy: every point that it concerns is in mode Observe.',
      todo: '`postern plan --live` shows what would change; set `mode: Enforce` at a point to have it done.',
    },
    PartlyWaits: {
      status: 'False',
      means:
        'Of a policy: part of a rule waits for a change window of the point; the message says which part. The rest is in force.',
      todo: 'Wait, or widen `spec.changeWindows`; in an emergency, approve with `--break-glass`.',
    },
    WaitsForWindow: {
      status: 'False',
      means:
        'Changes that permit more wait for a change window of the point; the message lists them. Everything else is as desired.',
      todo: 'Wait, or widen `spec.changeWindows`; in an emergency, approve with `--break-glass`.',
    },
    Held: {
      status: 'False',
      means:
        'A guard holds changes: the cluster or the device could not be read completely, or too much would be removed. An incompletely read cluster is reported after 15 seconds, if the device has everything that is known to be desired.',
      todo: 'The message says which; if a large removal is intended, raise `spec.guard` temporarily.',
    },
    Failed: {
      status: 'False',
      means: 'The device could not be brought up to date.',
      todo: 'See the log of the worker.',
    },
    Expired: {
      status: 'False',
      means: '`spec.governance.expiresAt` has passed: it contributes nothing.',
      todo: 'Delete it, or have it approved again with a later date.',
    },
    NothingToProgram: {
      status: 'False',
      means: 'No part of the object is valid.',
      todo: 'See `Accepted` and `ResolvedRefs`.',
    },
    NoRuleOfItsOwn: {
      status: 'False',
      means: 'Other policies decide all its flows: they permit the same, or take precedence.',
      todo: 'Delete it, or the policies that the message names. It does not change what is permitted.',
    },
    NoEnforcementPoint: {
      status: 'False',
      means: 'No point has a rule for it.',
      todo: 'Check that a point covers the namespace (`spec.namespaceSelector`) and that the subject selects pods.',
    },
  },
  Live: {
    Live: {
      status: 'True',
      means: 'Of a mesh point that queries istiod: the proxy of every pod concerned has the written configuration.',
      todo: '',
    },
    NoPods: { status: 'True', means: 'No pod of the subjects runs.', todo: '' },
    ProxiesBehind: {
      status: 'False',
      means:
        'Selected pods have no proxy, bypass it, or have one that lacks the written configuration; the message names the first few, `status.proxies` counts the others.',
      todo: 'Check each pod: `istioctl proxy-status`, the injection of the namespace, the annotation that the message names. `postern why NAMESPACE/POD HOST:PORT --live` says what such a pod can reach.',
    },
  },
  Consistent: {
    Consistent: {
      status: 'True',
      means: 'The configuration read back permits the same as the intent and all other layers.',
      todo: '',
    },
    BypassPossible: {
      status: 'False',
      means: 'The point permits a flow that must not leave that way, and no other layer denies it.',
      todo: 'The message has one such flow and the rule; `postern verify --live` has all, `postern drift` what changed it. "Shadowed by a foreign rule": move that rule behind ours, or narrow it.',
    },
    BlockedAtPerimeter: {
      status: 'False',
      means: 'The point denies a flow that the layers in the cluster permit: an application breaks there.',
      todo: '`postern why NAMESPACE/POD HOST:PORT --live` evaluates the flow of the message at every layer.',
    },
    BlockedInCluster: {
      status: 'False',
      means:
        "An object in the cluster, such as a team's NetworkPolicy, denies a flow that the intent and the perimeter permit.",
      todo: 'Change the object that the message names, or remove the destination from the intent.',
    },
    Differs: {
      status: 'False',
      means: 'The point permits more or less than the intent, and another layer hides the difference.',
      todo: 'Correct it before the other layer fails: `postern verify --live` lists all differences.',
    },
    NotKnown: {
      status: 'Unknown',
      means:
        'Postern does not understand something that may permit or deny flows: an object in the cluster that it cannot read or does not model, or a foreign rule on the device with an unknown match.',
      todo: 'Correct the object that the message names, or query the network plugin itself; `postern verify --live` lists all of them.',
    },
    NotCompared: {
      status: 'Unknown',
      means:
        'The device of the point is not as desired (`Programmed` is False), or for 5 minutes the points of mode Enforce were never all read back as published.',
      todo: 'See the conditions `Programmed` of all points; `postern verify --live` compares the current state of their devices.',
    },
    TooLarge: {
      status: 'Unknown',
      means: 'There are too many pods for the continuous comparison.',
      todo: 'Run `postern verify --live`.',
    },
  },
  Withdrawn: {
    LeftBehind: {
      status: 'False',
      means:
        'The point used to write to another place (`status.leftBehind`): another device, VDOM or partition, with another adapter, or under another cluster name. Access granted there may still be in force.',
      todo: 'Remove it: `postern withdraw -f OLD.yaml --point NAME --cluster OLD --yes` with the former definition of the point. Then `kubectl annotate enfp NAME --overwrite postern.dev/left-behind=all`, or list the places, separated by `;`. This does not cover places left later: the message then asks for another value.',
    },
  },
  'postern.dev/perimeter': {
    Live: { status: 'True', means: "The pod's addresses are live on every point that covers it.", todo: '' },
    NotCovered: { status: 'True', means: 'No point in mode Enforce covers its namespace.', todo: '' },
    TimedOut: {
      status: 'True or False',
      means: '`--pod-gate-timeout` has passed; `--pod-gate-on-timeout` decided.',
      todo: 'Look at the status of the points that the message names.',
    },
    AddressChanged: { status: 'False', means: 'Its new addresses are not yet known to be live.', todo: '' },
  },
};
