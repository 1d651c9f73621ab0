import type { z } from 'zod';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { DesiredState, GroupDelta } from '../core/model/desired.ts';
import type { Change } from '../core/model/plan.ts';
import type { Proxies } from '../core/model/proxies.ts';
import type { Loss, Resource, ResourceKey } from '../core/model/resource.ts';
import type { Steps } from '../core/model/steps.ts';
import type { DeviceTable } from '../core/model/table.ts';
import type { AdapterError } from './errors.ts';
import type { Capabilities } from './capabilities.ts';
import type { KnownCredentials } from './redaction/known-credentials.ts';
import type { KubernetesObject, KubernetesObjects, ObjectName } from './kubernetes-objects.ts';
import type { Owner } from './owner.ts';
import type { Pace } from './http/pace.ts';

type VantageType = EnforcementPoint['spec']['vantage']['type'];

/**
 * One kind of enforcement point. What is decided (`lower`, `batch`) is pure; what touches the device is a `Session`.
 * Read `adapters/memory` first: it is the smallest complete one.
 */
export interface Adapter<C = unknown, R extends Resource = Resource> {
  /** The folder's name and the value of `spec.adapter`. */
  readonly kind: string;
  /** `spec.config`, option by option; the reference page is generated from it. */
  readonly config: z.ZodType<C>;
  /**
   * The vantage that it requires, where what it is told are workloads: their identities or their labels. Absent: it is
   * told addresses, from whichever vantage.
   */
  readonly sees?: 'Identity' | 'Labels';
  /**
   * Where it depends on the config: why it should not work at a vantage, and what to do; undefined: it may. Absent: `sees`
   * decides. A method, so that adapters of any config are `Adapter`s.
   */
  refusesVantage?(type: VantageType, config: C): string | undefined;
  /**
   * Which part of which device a point with this config writes to, `fw.example.com VDOM root`: the same text for the same
   * place. Absent: objects in the cluster, which are distinguished by their point.
   */
  place?(config: C): string;
  /** Where that is depends on whose credentials they are, as a name in an account does. */
  readonly placeByCredentials?: true;
  /** The keys without which the Secret of a point with this config does not let it log in. Absent: it needs no Secret. */
  secretKeys?(config: C): readonly string[];
  /** Before any device was asked. */
  readonly capabilities: Capabilities;
  /** What differs from these on a device of a version. Absent: nothing. @throws AdapterError `unsupported` */
  readonly ofVersion?: (version: string) => Partial<Capabilities>;
  /**
   * The device objects that express a desired state, and what they cannot express. Pure, linear in its input, and the
   * same for a group whatever else is in the state: lowering a part equals that part of the whole.
   */
  lower(desired: DesiredState, context: LowerContext<C>): Lowered<R>;
  /** The same in steps, for who must not be kept for long by a state with many rules. Absent: it is always quick. */
  lowering?(desired: DesiredState, context: LowerContext<C>): Steps<Lowered<R>>;
  /**
   * The fast path: the changes that carry a membership delta, without looking at anything else.
   * Undefined when this delta needs the full path (a group that must be created, split or sharded again).
   */
  lowerDelta?(delta: GroupDelta, context: LowerContext<C>): readonly Change<R>[] | undefined;
  /** Which changes share one native call or transaction. Keeps their order. Pure. */
  batch(changes: readonly Change<R>[], context: LowerContext<C>): readonly Batch<R>[];
  /**
   * The desired state as text in formats that people or other tools of this kind of device read, by the name that
   * `postern render --format` takes. Pure, and the same text for the same input. `resources`, what was lowered as JSON, is there without it.
   */
  readonly formats?: Readonly<Record<string, Format<C>>>;
  /**
   * What the device does with flows, from its own objects as `observe` returned them. Written from the vendor's
   * documentation and not from `lower`, so that each can prove the other wrong. Of what cannot be understood, an
   * accepting rule is taken to accept more, and a denying one to deny nothing; a rule of others has a doubt instead.
   * Absent: the objects are those of a mesh.
   *
   * @param others as `observe` returned them
   */
  table?(resources: readonly R[], context: LowerContext<C>, others?: readonly Resource[]): DeviceTable;
  /** Points that consist of objects in the cluster instead: what those who check need to read them. */
  readonly inMesh?: InMesh<C, R>;
  /**
   * The change that switches off a rule of others, as `observe` returned it among `others`; nothing is deleted, and only a
   * person can ask for it. Pure. Absent: not supported.
   */
  retire?(rule: Resource): Change;
  connect(config: C, deps: AdapterDeps): Promise<Session<R>>;
}

/** What a point in the cluster is part of. Methods, so that adapters of any config are `Adapter`s. */
export interface InMesh<C = unknown, R extends Resource = Resource> {
  /** The objects as they are sent, without our mark. */
  objects(resources: readonly R[]): readonly KubernetesObject[];
  /** What these take for granted: gateways as they are configured, for those who have no cluster to look at. */
  syntheticObjects?(config: C, objects: readonly KubernetesObject[]): readonly KubernetesObject[];
  /**
   * How the pods that it covers are in the mesh, unless their labels say otherwise (`none`: it is about every packet),
   * and which workloads it cannot distinguish: those of one ServiceAccount, or those of one namespace.
   */
  plane(config: C): { readonly mode: 'sidecar' | 'ambient' | 'none'; readonly grain: 'identity' | 'namespace' };
  /** What enforces network policies in the cluster, where the config says so. */
  networkPlugin?(config: C): 'Cilium' | 'Calico' | 'Antrea' | 'OVN-Kubernetes' | undefined;
  /** The ConfigMap in which the mesh keeps its settings; absent: it is about no mesh. */
  settings?(config: C): ObjectName;
  /** What the config says of the mesh itself: counts where the mesh does not say it. */
  mesh?(config: C): MeshDeclaration;
}

/** What the config of points or the mesh's own settings declare about a mesh. */
export interface MeshDeclaration {
  /** Of every identity. */
  readonly trustDomain?: string | undefined;
  readonly rootNamespace?: string | undefined;
  /** Last part of the names of Services. */
  readonly clusterDomain?: string | undefined;
  /** `1.30.3` */
  readonly version?: string | undefined;
  /** Proxies answer DNS, and entries without addresses are given some. */
  readonly dnsCapture?: boolean | undefined;
  /** Waypoints resolve wildcards for TLS. */
  readonly wildcardTlsAtWaypoints?: boolean | undefined;
}

/** Writes a desired state as one text that ends with a line break. A method, so that adapters of any config are `Adapter`s. */
export type Format<C = unknown> = { write(desired: DesiredState, context: LowerContext<C>): string }['write'];

export interface LowerContext<C = unknown> {
  readonly config: C;
  readonly capabilities: Capabilities;
  readonly owner: Owner;
}

export interface Lowered<R extends Resource = Resource> {
  readonly resources: readonly R[];
  readonly losses: readonly Loss[];
}

export interface Batch<R extends Resource = Resource> {
  readonly changes: readonly Change<R>[];
  /** All become visible at one instant, or none. */
  readonly atomic: boolean;
  /** How many requests `send` will make if nothing fails; shown by `plan`. */
  readonly nativeCalls: number;
}

export interface AdapterDeps {
  /** Name of the enforcement point. */
  readonly point: string;
  /** Values of the Secret named by `secretRef`, by key (`token`, `username`, `password`, `ca.crt`). Never logged. */
  readonly secret: Readonly<Record<string, string>>;
  /** To be told of every credential that the session gets by itself, such as a login token; what `connect` strips. */
  readonly credentials?: KnownCredentials;
  readonly owner: Owner;
  readonly clock: Clock;
  /** The cluster that this is for, to points that consist of its objects; absent where it cannot be reached. */
  readonly kubernetes?: KubernetesObjects;
  /** To be kept to with every native request; `httpClient` does. Absent: as fast as it goes. */
  readonly pace?: Pace;
  /** Aborts everything the session is doing. */
  readonly signal: AbortSignal;
  /** To be told of every request that may change the device, once it was answered or was not: for the audit record. */
  readonly onRequest?: (request: NativeRequest) => void;
}

/** What was asked of a device. */
export interface NativeRequest {
  /** `PUT /api/v2/cmdb/firewall/policy/{mkey}`: a template, never a name, a query or a body. */
  readonly request: string;
  /** HTTP status; 0: no answer came. */
  readonly status: number;
}

/** For what people decide by date. How long something takes is measured with `elapsed`. */
export interface Clock extends Stopwatch {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Measures how long something takes. A person, or NTP, may set a clock at any time. */
export interface Stopwatch {
  /** Milliseconds since some moment; never goes back. */
  elapsed(): number;
}

/**
 * One connection to one device. Calls are made one at a time, for a point has one writer; only where the capability
 * `sendWhileReading` says so, changes of members are sent while the device is read, and where `callsInFlight` does, several of
 * them at once.
 */
export interface Session<R extends Resource = Resource> {
  /** Version, limits, licence, permissions; throws `AdapterError` naming the permission that is missing. */
  probe(): Promise<Capabilities>;
  /** Everything on the device that carries our owner mark, in canonical form, read completely or said to be incomplete. */
  observe(): Promise<Observed<R>>;
  /** Carries out one batch. Never throws for what a change met: that is its outcome. */
  send(batch: Batch<R>, signal: AbortSignal): Promise<readonly Outcome[]>;
  /**
   * As `send`, of changes of members, but returns when the device has accepted them: what it is carrying out is pending,
   * and need not be asked after for what a later call proves. Absent: `send` waits for nothing.
   */
  submit?(batch: Batch<R>, signal: AbortSignal): Promise<readonly Outcome[]>;
  /**
   * Asks after an operation that `send` left pending, perhaps in another process.
   *
   * @returns what became of each of its changes, in any order; of those that are pending still, with the handle to ask with next
   * @throws AdapterError when the device could not be asked, `not-found` when it knows no such operation
   */
  poll(handle: string): Promise<readonly Outcome[]>;
  /**
   * Asks the device whether it would carry out these changes, which are a whole plan in its order, and changes nothing:
   * `plan --live` tells what it objects to. Of what a device cannot be asked beforehand nothing is said. Absent: it cannot be
   * asked at all.
   *
   * @throws AdapterError as the changes themselves would meet it
   */
  rehearse?(changes: readonly Change<R>[], signal: AbortSignal): Promise<void>;
  /**
   * Another process may have written for this point since: what is remembered of its objects is out of date. Absent: nothing
   * is, or the device refuses what is based on it.
   */
  othersWrote?(): void;
  /**
   * Carries out a change that the adapter's `retire` made, unless the rule is another one by now. Never throws for what the
   * change met: that is its outcome. Absent: there are no such changes.
   */
  retire?(change: Change, signal: AbortSignal): Promise<Outcome>;
  /** Is what was written in force on the data plane? */
  live(): Promise<Live>;
  /** Hit counters per rule, where the device keeps them. */
  evidence?(): Promise<readonly RuleHit[]>;
  close(): Promise<void>;
}

export interface Observed<R extends Resource = Resource> {
  /** False when any part could not be read: nothing is then deleted, and nothing is concluded from absence. */
  readonly complete: boolean;
  readonly resources: readonly R[];
  /** Objects that have a name we would use, without our mark. Never touched. */
  readonly foreign: readonly ForeignCollision[];
  /** How much of `Capabilities.maxObjects` ours take, by table, where that is not the number of resources. */
  readonly usage?: Readonly<Record<string, number>>;
  /** Other points of this cluster that write to the same place; absent: there are none. */
  readonly neighbours?: Neighbours;
  /**
   * What others have written there that may decide about our flows, for `table` alone: rules in their order, whose position
   * says behind how many of our rules they stand, and what they refer to. Absent: only Postern writes there.
   */
  readonly others?: readonly Resource[];
}

/** Several points of one cluster write to one place, and Postern cannot decide which of them should. */
export interface Neighbours {
  /** Their names, as marks say them. */
  readonly points: readonly string[];
  /** Nothing there names this point: it comes second, and must not begin. */
  readonly areFirst: boolean;
}

export interface ForeignCollision extends ResourceKey {
  /** What is known of its owner, for the person who has to sort it out. */
  readonly found: string;
}

/** What became of one change, in the batch's order. */
export type Outcome =
  /** `unneeded`: it was so already, or something else needs what was to go; nothing was sent. */
  | { readonly key: ResourceKey; readonly result: 'done'; readonly unneeded?: true }
  /**
   * The device has accepted the change and has not finished it. Any process with the handle can poll it; changes
   * of one native operation have the same handle. `deviceSays`: the device's word for its state, without figures that
   * change from one poll to the next.
   */
  | {
      readonly key: ResourceKey;
      readonly result: 'pending';
      readonly handle: string;
      readonly pollAfterMs: number;
      readonly deviceSays?: string;
    }
  | { readonly key: ResourceKey; readonly result: 'error'; readonly error: AdapterError };

/** A change that the device did not take, or that depends on one. */
export interface RefusedChange {
  readonly key: ResourceKey;
  readonly error: AdapterError;
}

/** `live`: the data plane enforces what was written. `pending`: not yet. `unknown`: this device cannot tell. */
export interface Live {
  readonly state: 'live' | 'pending' | 'unknown';
  /** What the statement rests on. */
  readonly evidence: string;
  /**
   * Something is left to do at the device that is not due yet, such as saving its configuration: `live` does it when it is
   * asked again after so many milliseconds. A caller that closes the session before that need not ask. While it is pending: when
   * there may be news. Absent: nothing is left.
   */
  readonly lookAgainAfterMs?: number;
  /** Which proxies have what was written; absent: nothing there has proxies, or it is not known. */
  readonly proxies?: Proxies;
}

export interface RuleHit {
  /** Our rule id. */
  readonly rule: string;
  readonly hits: number;
  /** RFC 3339, if the device tells. */
  readonly lastHit?: string;
  readonly firstHit?: string;
}
