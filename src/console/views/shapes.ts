import type { Problem } from '../../api/problem.ts';

/*
 * What the console shows: the answers of `/api/v1` and the data of a page that `postern report -o console` wrote. Within v1
 * fields are added and none is taken away or given another meaning. Times are RFC 3339 in UTC; null means not known.
 */

/** `GET /api/v1/overview` */
export interface Overview {
  readonly api: 1;
  /** Of Postern. */
  readonly version: string;
  readonly made: Made;
  readonly viewer: Viewer;
  readonly points: readonly PointView[];
  readonly problems: readonly Problem[];
}

/** What the documents were made from. */
export interface Made {
  readonly at: string;
  readonly cluster: string;
  /** `record`: from the audit record alone. */
  readonly from: 'cluster' | 'files' | 'record';
  /** A running process answers; otherwise this is a file, which does not change. */
  readonly live: boolean;
}

/** Who is shown this, and what was left out for it. */
export interface Viewer {
  /** As the API server names them; null: any client that can reach a loopback address, or has the file. */
  readonly name: string | null;
  /** What the viewer may not see, one sentence each; empty: everything is shown. */
  readonly hidden: readonly string[];
}

export interface PointView {
  readonly name: string;
  readonly adapter: string;
  readonly mode: 'Enforce' | 'Observe' | null;
  readonly vantage: string | null;
  /** `namespace/label=value` of the gateway whose addresses it sees; null: none. */
  readonly gateway: string | null;
  /** It consists of objects in the cluster; otherwise it is a device. */
  readonly inMesh: boolean | null;
  readonly defaultAction: 'Accept' | 'Deny' | null;
  /** Namespaces that it covers; null: all. */
  readonly covers: readonly string[] | null;
  readonly ready: 'True' | 'False' | 'Unknown';
  /** One word for machines, `Programmed`, `DeviceUnavailable`; empty: not known. */
  readonly reason: string;
  /** The state of the point, and what to do next. */
  readonly message: string;
  /** Wanted, and of these on the device when it was last read. */
  readonly rules: number;
  readonly rulesThere: number | null;
  readonly addresses: number | null;
  readonly groups: number | null;
  readonly largestGroup: Capacity | null;
  /** Since when the data plane has enforced it without a break. */
  readonly liveSince: string | null;
  /** When the device was last read. */
  readonly lastSyncTime: string | null;
  readonly losses: readonly LossView[];
  readonly drift: DriftView | null;
}

export interface Capacity {
  /** Addresses of the largest group. */
  readonly members: number;
  /** How many one group of the device holds; a larger one is divided. Null: any number. */
  readonly max: number | null;
}

/** What a point cannot express, once for all rules that it is the same for. */
export interface LossView {
  readonly effect: string;
  readonly code: string;
  readonly message: string;
  /** `EgressPolicy/shop/checkout`, sorted. */
  readonly policies: readonly string[];
}

/** The drift of a device when it was last found: differences from the desired state that Postern did not make. */
export interface DriftView {
  readonly at: string;
  readonly healed: boolean;
  readonly count: number;
  /** The first few. */
  readonly differences: readonly { readonly what: string; readonly object: string; readonly field: string }[];
}

/**
 * `GET /api/v1/matrix`. Workloads that are subject to the same rules share a profile, so that 10,000 of them are a few
 * hundred kilobytes.
 */
export interface MatrixView {
  readonly columns: readonly ColumnView[];
  /** The first is what meets every flow that no rule is about. */
  readonly answers: readonly AnswerView[];
  /** `[column, answer, column, answer, ...]` by index; columns that are left out have the first answer. */
  readonly profiles: readonly (readonly number[])[];
  readonly namespaces: readonly string[];
  readonly rows: readonly RowView[];
  /** Workloads that were too many to be shown. */
  readonly left: number;
}

export interface ColumnView {
  readonly destination: string;
  /** `443`, `5432-5440` or `any`. */
  readonly port: string;
  readonly protocol: string;
  /** An ExternalService; otherwise a name or network that a policy writes out. */
  readonly service: boolean;
  /** One flow of it, as `why` is asked: `api.stripe.com:443`. */
  readonly example: string;
}

export interface AnswerView {
  readonly verdict: 'Accept' | 'Deny';
  /** Null: the default. */
  readonly policy: string | null;
  readonly tier: string;
  /** Denied as a whole, while some of its addresses, ports or pods are accepted. */
  readonly partial: boolean;
}

/** `[namespace, workload, ServiceAccount, profile]`; namespace and profile by index. */
export type RowView = readonly [namespace: number, workload: string, serviceAccount: string, profile: number];

/** `GET /api/v1/timeline`: what was written to devices, the latest first. */
export interface TimelineView {
  readonly changes: readonly ChangeView[];
  /** Older changes that are not here. */
  readonly left: number;
  readonly records: readonly RecordView[];
}

/** Writes of one point that belong together: of one published version, for one reason. */
export interface ChangeView {
  readonly point: string;
  readonly at: string;
  readonly until: string;
  readonly reason: string;
  readonly writes: number;
  readonly result: 'done' | 'pending' | 'failed' | 'partly';
  /** What the device or Postern said, where it failed. */
  readonly message: string;
  readonly opened: readonly FlowText[];
  readonly closed: readonly FlowText[];
  /** Lines of `opened` and `closed` that are too many to be shown. */
  readonly more: number;
  /** `EgressPolicy/shop/checkout` and who changed it last. */
  readonly policies: readonly { readonly name: string; readonly by: string }[];
}

export interface FlowText {
  readonly who: string;
  /** `10.20.1.5`, `12 addresses`; empty: all of the group. */
  readonly addresses: string;
  readonly to: string;
  readonly ports: string;
}

/** The chain of one point. */
export interface RecordView {
  readonly point: string;
  readonly records: number;
  readonly from: string;
  readonly to: string;
  /** Of the last record. */
  readonly hash: string;
  readonly unsettled: number;
  /** Where the record cannot be relied on: something is missing, or was altered. */
  readonly holes: readonly HoleView[];
}

export interface HoleView {
  /** Time of the record before it; empty: none is. */
  readonly after: string;
  readonly code: string;
  readonly message: string;
}

/** `GET /api/v1/why?from=NAMESPACE/WORKLOAD&to=HOST:PORT` */
export interface WhyView {
  readonly from: string;
  readonly to: string;
  readonly verdict: 'Accept' | 'Deny' | 'Unknown';
  readonly policy: string | null;
  readonly sentence: string;
  readonly steps: readonly StepView[];
  readonly restsOn: readonly string[];
  /** What could not be looked at. */
  readonly limits: readonly string[];
}

export interface StepView {
  readonly layer: string;
  readonly point: string | null;
  readonly verdict: 'Accept' | 'Deny' | 'Unknown';
  readonly rule: string;
  readonly reason: string;
  readonly advice: string;
}

/** Everything of a page that needs no server. */
export interface Embedded {
  readonly overview: Overview;
  readonly matrix: MatrixView | null;
  readonly timeline: TimelineView | null;
}
