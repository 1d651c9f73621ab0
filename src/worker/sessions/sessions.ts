import type { Clock, NativeRequest, Session } from '../../adapter/adapter.ts';
import { AdapterError } from '../../adapter/errors.ts';
import { connect } from '../../adapter/redaction/connect.ts';
import type { KubernetesObjects } from '../../adapter/kubernetes-objects.ts';
import type { Owner } from '../../adapter/owner.ts';
import { adapterFor, parseConfig, placeIn, type AdapterRegistry, type PointAdapter } from '../../adapter/registry.ts';
import { refreshAnnotation } from '../../api/meta.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import { canonical } from '../../core/model/json.ts';
import type { WorkLease } from '../../queue/work-queue.ts';
import type { RateLimit } from '../../redis/rate-limit.ts';
import { Permits } from './permits.ts';
import { DevicePace, deviceOf, rateOf } from './device-pace.ts';
import { RecentSecrets } from './recent-secrets.ts';
import { SecretWatch, type Secret, type SecretSource } from './secret-watch.ts';

export type { SecretSource } from './secret-watch.ts';

export interface OpenPoint extends PointAdapter {
  readonly session: Session;
  /** Where it writes to, in words; undefined: the config does not say. */
  readonly place?: string | undefined;
}

interface Entry extends OpenPoint {
  readonly fingerprint: string;
  /** On the clock that cannot be set. */
  readonly probedAt: number;
}

/** What was found out of a device may be out of date by then: versions, licences, resolvers and permissions change. */
const probeAgainMs = 5 * 60_000;

export interface SessionsDeps {
  /** The cluster, for points that consist of its objects. */
  readonly kubernetes?: KubernetesObjects;
  readonly adapters: AdapterRegistry;
  readonly secrets: SecretSource;
  readonly owner: Owner;
  readonly clock: Clock;
  /** How often devices may be asked, all workers together; absent: as fast as they answer. */
  readonly limit?: RateLimit;
  readonly signal: AbortSignal;
  /** What stands between the worker and each session: something that measures. */
  readonly around?: (point: string, session: Session) => Session;
  /** Told what sessions ask of their devices. */
  readonly onRequest?: (point: string, request: NativeRequest) => void;
}

/**
 * One probed session per enforcement point, opened when first needed and anew when its spec, its refresh annotation or its
 * secret changes; probed again every few minutes.
 */
export class Sessions {
  readonly #deps: SessionsDeps;
  readonly #open = new Map<string, Entry>();
  /** With what each point was tried last. */
  readonly #tried = new Map<string, { readonly point: EnforcementPoint; readonly secret: Secret | undefined }>();
  readonly #permits = new Permits();
  readonly #watch: SecretWatch;
  readonly #secrets: RecentSecrets;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
    this.#watch = new SecretWatch(deps);
    this.#secrets = new RecentSecrets(deps);
  }

  /**
   * @param recent the secret may be that of a moment ago: for what does not wait
   * @throws AdapterError `unsupported` for an unknown adapter, `invalid` for a config it refuses, `auth` for a missing secret
   */
  async open(point: EnforcementPoint, { recent = false } = {}): Promise<OpenPoint> {
    const { name } = point.metadata;
    this.#watch.end(name);
    const secret = await this.#secret(point, recent);
    const fingerprint = canonical([point.spec, point.metadata.annotations[refreshAnnotation] ?? '', secret]);
    const known = this.#open.get(name);
    if (known?.fingerprint === fingerprint) return this.#probedLately(name, known);
    await this.#close(name);
    const adapter = await adapterFor(this.#deps.adapters, point);
    const config = parseConfig(adapter, point);
    const { clock, signal, kubernetes, limit } = this.#deps;
    const owner = { ...this.#deps.owner, point: name };
    const pace = limit && new DevicePace({ limit, device: deviceOf(point), rate: rateOf(point), clock });
    const deps = {
      point: name,
      secret,
      owner,
      clock,
      signal,
      onRequest: (request: NativeRequest) => this.#deps.onRequest?.(name, request),
      ...(kubernetes && { kubernetes: this.#permits.objects(name, kubernetes) }),
      pace: this.#permits.pace(name, pace),
    };
    const connected = await connect(adapter, config, deps);
    const session = this.#deps.around?.(name, connected) ?? connected;
    try {
      const context = { config, owner, capabilities: await session.probe() };
      const place = placeIn(adapter, point, config);
      const told = place === undefined ? {} : { place: `${place}, cluster ${owner.cluster}` };
      const entry = { adapter, session, context, fingerprint, probedAt: clock.elapsed(), ...told };
      this.#open.set(name, entry);
      return entry;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async #probedLately(name: string, known: Entry): Promise<Entry> {
    const now = this.#deps.clock.elapsed();
    if (now - known.probedAt < probeAgainMs) return known;
    const context = { ...known.context, capabilities: await known.session.probe() };
    const entry = { ...known, context, probedAt: now };
    this.#open.set(name, entry);
    return entry;
  }

  /** What `work` asks of the device of this point, it asks only while this lease is held. */
  under<T>(point: string, lease: Pick<WorkLease, 'stillHeld'>, work: () => Promise<T>): Promise<T> {
    return this.#permits.under(point, lease, work);
  }

  /** Closes the session of a point; the next `open` reads its secret, connects and probes anew. */
  async forget(point: string): Promise<void> {
    this.#secrets.forget(point);
    await this.#close(point);
  }

  async #close(point: string): Promise<void> {
    this.#watch.end(point);
    const entry = this.#open.get(point);
    this.#open.delete(point);
    await entry?.session.close();
  }

  /**
   * Calls once when the Secret of a point is another one than that which was tried last; resolves then, or after `forMs`,
   * or when the point is opened or forgotten.
   */
  async secretChange(point: string, forMs: number, onChange: () => Promise<void>): Promise<void> {
    const tried = this.#tried.get(point);
    if (tried !== undefined) await this.#watch.watch(tried.point, { refused: tried.secret, forMs, onChange });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((point) => this.forget(point)));
  }

  async #secret(point: EnforcementPoint, recent: boolean): Promise<Secret> {
    const { spec, metadata } = point;
    if (spec.secretRef === undefined) return {};
    const { name } = spec.secretRef;
    const secret = await (recent ? this.#secrets.of(metadata.name, name) : this.#secrets.read(metadata.name, name));
    this.#tried.set(metadata.name, { point, secret });
    if (secret !== undefined) return secret;
    throw new AdapterError(
      'auth',
      `spec.secretRef: there is no Secret "${spec.secretRef.name}" in Postern's namespace.`,
    );
  }
}
