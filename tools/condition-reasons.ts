/** One reason of a condition: what it means, and what a person does about it. */
export interface Reason {
  readonly status: 'True' | 'False' | 'Unknown' | 'True or False';
  readonly means: string;
  /** Empty: nothing. */
  readonly todo: string;
}

type Reasons = Readonly<Record<string, Reason>>;

/** Every reason that a condition of our kinds, or the readiness gate of a pod, can have, by the type of the condition. */
export const reasons: Readonly<
  Record<
    | 'Accepted'
    | 'ResolvedRefs'
    | 'Approved'
    | 'Programmed'
    | 'Live'
    | 'Consistent'
    | 'Withdrawn'
    | 'postern.dev/perimeter',
    Reasons
  >
> = {
  Accepted: {
    Accepted: { status: 'True', means: 'The object says what it means; warnings are in the message.', todo: '' },
    Invalid: {
      status: 'False',
      means: 'A part of it cannot be used and contributes nothing.',
      todo: 'Correct the fields that the message names; `postern lint -f` finds the same before it is applied.',
    },
    Superseded: {
      status: 'False',
      means: 'An approval is over: another text of its policy was in force after it.',
      todo: 'Nothing. Delete it when nobody needs it as evidence.',
    },
    Ended: {
      status: 'False',
      means: 'The time of an approval is over.',
      todo: 'Approve the policy again if its access is still needed.',
    },
  },
  ResolvedRefs: {
    ResolvedRefs: { status: 'True', means: 'All references lead somewhere.', todo: '' },
    RefNotUsable: {
      status: 'False',
      means: 'An ExternalService is missing, or is not for this namespace.',
      todo: 'Create it, or ask who owns it to allow the namespace in `spec.allowedNamespaces`.',
    },
  },
  Approved: {
    Approved: {
      status: 'True',
      means: 'An EgressApproval of this generation counts; the message says whose.',
      todo: '',
    },
    BrokeGlass: {
      status: 'True',
      means: 'In force in an emergency, without the approval that is asked for otherwise.',
      todo: 'Have it approved, or taken back, before its time is over.',
    },
    WaitsForApproval: {
      status: 'False',
      means: 'The policy goes beyond what is delegated. What the message names is in force meanwhile.',
      todo: 'Have somebody who may look at it: `postern approvals`, `postern approve`.',
    },
    Denied: {
      status: 'False',
      means: 'Somebody has denied this generation; the message says who, and why.',
      todo: 'Change the policy, or talk to them.',
    },
    ApprovalExpired: {
      status: 'False',
      means: 'The time of its approval is over; only what is delegated is in force.',
      todo: 'Have it approved again, or take out what is no longer needed.',
    },
  },
  Programmed: {
    Programmed: { status: 'True', means: 'Read back from the device, and where that can tell, in force.', todo: '' },
    NotUsed: { status: 'True', means: 'A service that no rule leads to.', todo: 'Nothing, or delete it.' },
    Pending: {
      status: 'Unknown',
      means: 'A worker has not dealt with it yet, or is about to.',
      todo: 'If it stays: is a worker running, and does its queue move (`postern_queue_oldest_seconds`)?',
    },
    WorkWaits: {
      status: 'Unknown',
      means:
        'No worker has dealt with the point for a small multiple of the usual time, at least a minute; the message says since when.',
      todo: 'Start a worker, and see that it reaches Redis: `postern status`, `/readyz` of worker and controller.',
    },
    StoreUnavailable: {
      status: 'Unknown',
      means: 'Redis does not answer the controller, so that no worker can be told anything.',
      todo: 'See to Redis; what is in force on devices stays there meanwhile.',
    },
    Activating: {
      status: 'Unknown',
      means: 'Written and read back; the data plane has not caught up.',
      todo: "If it stays, look at the device's own status.",
    },
    InProgress: {
      status: 'Unknown',
      means:
        'The device has accepted a change and is carrying it out; the message says since when, and what the device says.',
      todo: 'Nothing: some take minutes. If it does not end, the reason becomes `DeviceBusy`; then look at the device.',
    },
    ObserveOnly: {
      status: 'False',
      means: 'The device differs from the intent, and the point only observes.',
      todo: '`postern plan --live` shows what would change; set `mode: Enforce` to have it done.',
    },
    OnlyWatched: {
      status: 'Unknown',
      means: 'Of a policy: every point that it concerns only observes.',
      todo: '`postern plan --live` shows what would change; set `mode: Enforce` at a point to have it done.',
    },
    PartlyWaits: {
      status: 'False',
      means:
        'Of a policy: some of a rule waits for a change window of the point, and the message says what. The rest of it is in force.',
      todo: 'Wait, or widen `spec.changeWindows`; in an emergency, approve with `--break-glass`.',
    },
    WaitsForWindow: {
      status: 'False',
      means:
        'What permits more waits for a change window of the point, and the message says what; all else is as it should be.',
      todo: 'Wait, or widen `spec.changeWindows`; in an emergency, approve with `--break-glass`.',
    },
    Held: {
      status: 'False',
      means:
        'A guard objects: the cluster or the device was not seen whole, or too much would be removed. A cluster that is not seen whole is told after 15 seconds, while the device has all that is known to be wanted.',
      todo: 'The message says which; if a large removal is meant, raise `spec.guard` for a moment.',
    },
    Failed: {
      status: 'False',
      means: 'The device could not be brought further.',
      todo: 'See the log of the worker.',
    },
    Expired: {
      status: 'False',
      means: '`spec.governance.expiresAt` has passed: it contributes nothing.',
      todo: 'Delete it, or have it approved again with a later date.',
    },
    NothingToProgram: {
      status: 'False',
      means: 'Nothing of it is valid.',
      todo: 'See `Accepted` and `ResolvedRefs`.',
    },
    NoRuleOfItsOwn: {
      status: 'False',
      means: 'Other policies decide all its flows: they say the same, or come first.',
      todo: 'Delete it, or what the message names. What is permitted is not changed by it.',
    },
    NoEnforcementPoint: {
      status: 'False',
      means: 'No point has a rule for it.',
      todo: 'Does a point cover the namespace (`spec.namespaceSelector`), and does the subject select anything?',
    },
  },
  Live: {
    Live: {
      status: 'True',
      means: 'Of a point in a mesh that istiod is asked about: the proxy of every pod concerned has what was written.',
      todo: '',
    },
    NoPods: { status: 'True', means: 'No pod of the subjects runs.', todo: '' },
    ProxiesBehind: {
      status: 'False',
      means:
        'Pods that it is about have no proxy, are led around it, or have one that lacks what was written; the message names the first few, `status.proxies` counts the others.',
      todo: 'See why, pod by pod: `istioctl proxy-status`, the injection of the namespace, the annotation that the message names. What such a pod can reach, `postern why NAMESPACE/POD HOST:PORT --live` says.',
    },
  },
  Consistent: {
    Consistent: {
      status: 'True',
      means: 'What was read back permits the same as the intent and all other layers.',
      todo: '',
    },
    BypassPossible: {
      status: 'False',
      means: 'The point lets out what should not leave that way, and nothing else stops it.',
      todo: 'The message has one such flow and the rule; `postern verify --live` has all, `postern drift` what changed it. "Shadowed by a foreign rule": move that rule behind ours, or narrow it.',
    },
    BlockedAtPerimeter: {
      status: 'False',
      means: 'The point stops what is let out in the cluster: an application breaks there.',
      todo: '`postern why NAMESPACE/POD HOST:PORT --live` walks the flow of the message through every layer.',
    },
    BlockedInCluster: {
      status: 'False',
      means:
        'An object in the cluster, as a NetworkPolicy of a team, stops what is intended and the perimeter lets out.',
      todo: 'Change the object that the message names, or take the destination out of the intent.',
    },
    Differs: {
      status: 'False',
      means: 'The point permits more or less than intended, and another layer hides it.',
      todo: 'Put it right before the other layer fails: `postern verify --live` has all.',
    },
    NotKnown: {
      status: 'Unknown',
      means:
        'An object in the cluster cannot be read or is of a kind that is not modelled, or a rule of others on the device cannot be told what it matches, and may let flows out or stop them.',
      todo: 'Correct the object that the message names, or ask the network plugin itself; `postern verify --live` has all.',
    },
    NotCompared: {
      status: 'Unknown',
      means:
        'The device of the point is not as desired (`Programmed` is False), or for 5 minutes no moment came at which every point of mode Enforce had been read back as published.',
      todo: 'See the conditions `Programmed` of all points; `postern verify --live` compares what their devices have now.',
    },
    TooLarge: {
      status: 'Unknown',
      means: 'There are too many pods to compare beside other work.',
      todo: 'Run `postern verify --live`.',
    },
  },
  Withdrawn: {
    LeftBehind: {
      status: 'False',
      means:
        'The point wrote to another place before (`status.leftBehind`): another device, VDOM or partition, with another adapter, or under another name of the cluster. What it granted there may still be in force.',
      todo: 'Take it off: `postern withdraw -f OLD.yaml --point NAME --cluster OLD --yes` with the point as it was. Then `kubectl annotate enfp NAME --overwrite postern.dev/left-behind=all`, or name the places, `;` between them. That says nothing of a place that is left later: the message then asks for other words.',
    },
  },
  'postern.dev/perimeter': {
    Live: { status: 'True', means: "The pod's addresses are live on every point that covers it.", todo: '' },
    NotCovered: { status: 'True', means: 'No enforcing point covers its namespace.', todo: '' },
    TimedOut: {
      status: 'True or False',
      means: 'It waited as long as `--pod-gate-timeout` says; `--pod-gate-on-timeout` decided.',
      todo: 'Look at the status of the points that the message names.',
    },
    AddressChanged: { status: 'False', means: 'Its new addresses are not known to be live yet.', todo: '' },
  },
};
