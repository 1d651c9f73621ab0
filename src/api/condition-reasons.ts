/** What stands in the way at a device, by the class of its error. */
export type DeviceReason =
  | 'AuditUnavailable'
  | 'CapacityExceeded'
  | 'ChangeRefused'
  | 'CredentialsRefused'
  | 'DeviceBusy'
  | 'DeviceChangedMeanwhile'
  | 'DeviceFailed'
  | 'DeviceThrottled'
  | 'DeviceUnavailable'
  | 'ForeignObject'
  | 'NotSupportedByDevice'
  | 'PermissionMissing'
  | 'StillReferenced';

/** Every reason that a condition of our kinds, or the readiness gate of a pod, can have, by the type of the condition. */
export interface ConditionReasons {
  readonly Accepted: 'Accepted' | 'Invalid' | 'Superseded' | 'Ended';
  readonly ResolvedRefs: 'ResolvedRefs' | 'RefNotUsable';
  readonly Approved: 'Approved' | 'BrokeGlass' | 'WaitsForApproval' | 'Denied' | 'ApprovalExpired';
  readonly Programmed:
    | 'Programmed'
    | 'EarlierVersion'
    | 'NotUsed'
    | 'Pending'
    | 'WorkWaits'
    | 'StoreUnavailable'
    | 'Activating'
    | 'InProgress'
    | 'ObserveOnly'
    | 'OnlyWatched'
    | 'PartlyWaits'
    | 'WaitsForWindow'
    | 'Held'
    | 'Failed'
    | 'Expired'
    | 'NothingToProgram'
    | 'NoRuleOfItsOwn'
    | 'NoEnforcementPoint'
    | DeviceReason;
  readonly Live: 'Live' | 'NoPods' | 'ProxiesBehind';
  readonly Consistent:
    | 'Consistent'
    | 'BypassPossible'
    | 'BlockedAtPerimeter'
    | 'BlockedInCluster'
    | 'Differs'
    | 'NotKnown'
    | 'NotCompared'
    | 'TooLarge';
  readonly Withdrawn: 'LeftBehind';
  readonly 'postern.dev/perimeter': 'Live' | 'NotCovered' | 'TimedOut' | 'AddressChanged';
}
export type ConditionType = keyof ConditionReasons;
