import {
  integer,
  list,
  message,
  nested,
  ProtobufReader,
  readMessage,
  text,
  type Field,
} from '../../../kit/protobuf/reader.ts';

/*
 * What `istioctl proxy-status` asks istiod and is answered, as protobuf. Field numbers:
 * https://github.com/envoyproxy/envoy/tree/main/api/envoy/service (discovery/v3/discovery.proto, status/v3/csds.proto)
 */

/** https://github.com/istio/istio/blob/1.30.0/pilot/pkg/xds/statusgen.go (TypeDebugSyncronization) */
const statusType = 'istio.io/debug/syncz';

/** How far a proxy is with one type of configuration. */
export interface TypeStatus {
  /** NOT_SENT: istiod had nothing of this type to send. ERROR: the proxy refused what was sent last. */
  readonly status: 'SYNCED' | 'NOT_SENT' | 'STALE' | 'ERROR' | 'UNKNOWN';
  /** When istiod sent it last, milliseconds since the epoch by its clock; absent: it does not say. */
  readonly sentAt?: number;
  /** Why the proxy refused it. */
  readonly error?: string;
}

/** What an istiod says of one proxy that is connected to it. */
export interface ProxyStatus {
  /** `shop/checkout-5b4f8c-x2v9p` */
  readonly pod: string;
  /** `1.30.3` */
  readonly version: string;
  /** By the last part of its type, `Cluster`, `Listener`, `RouteConfiguration`. */
  readonly types: ReadonlyMap<string, TypeStatus>;
}

/** A `DiscoveryRequest` for the status of every proxy, from a client in this namespace. */
export function statusRequest(namespace: string): Buffer {
  const node = `sidecar~0.0.0.0~postern.${namespace}~${namespace}.svc.cluster.local`;
  return Buffer.concat([written(2, written(1, Buffer.from(node))), written(4, Buffer.from(statusType))]);
}

function written(field: number, body: Buffer): Buffer {
  if (body.length > 16_383) throw new RangeError(`a field of ${body.length} bytes`);
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), body]);
}

const timestamp = message({ 1: integer('seconds'), 2: integer('nanos') });
const configStatuses = ['UNKNOWN', 'SYNCED', 'NOT_SENT', 'STALE', 'ERROR'] as const;
const typedStatus = message({
  1: text('type'),
  5: nested('sent', timestamp),
  6: integer('status'),
  8: nested('failure', message({ 3: text('details') })),
});
const metadataEntry = message({ 1: text('key'), 2: nested('value', message({ 3: text('text') })) });
const client = message({
  1: nested(
    'node',
    message({ 1: text('id'), 3: nested('metadata', message({ 1: list(nested('entries', metadataEntry)) })) }),
  ),
  3: list(nested('types', typedStatus)),
});
/** `Any` whose value is the status of one proxy. */
const resource: Field = list(nested('proxies', message({ 2: nested('client', client) })));
const response = message({ 2: resource });

interface ReadType {
  readonly type?: string;
  readonly sent?: { readonly seconds?: number; readonly nanos?: number };
  readonly status?: number;
  readonly failure?: { readonly details?: string };
}

interface ReadResponse {
  readonly proxies?: readonly {
    readonly client?: {
      readonly node?: {
        readonly id?: string;
        readonly metadata?: {
          readonly entries?: readonly { readonly key?: string; readonly value?: { readonly text?: string } }[];
        };
      };
      readonly types?: readonly ReadType[];
    };
  }[];
}

/** The proxies of a `DiscoveryResponse`. @throws {UnreadableProtobuf} */
export function proxiesIn(body: Buffer): readonly ProxyStatus[] {
  const { proxies = [] } = readMessage(response, new ProtobufReader(body), body.length) as ReadResponse;
  return proxies.flatMap(({ client: { node, types = [] } = {} }): ProxyStatus[] => {
    const pod = podOf(node?.id ?? '');
    if (pod === undefined) return [];
    const version = node?.metadata?.entries?.find(({ key }) => key === 'ISTIO_VERSION')?.value?.text ?? '';
    return [{ pod, version, types: new Map(types.map((one) => [shortName(one.type ?? ''), statusIn(one)])) }];
  });
}

/** `checkout-x2v9p.shop`: names of pods may have dots, those of namespaces have none. */
function podOf(id: string): string | undefined {
  const dot = id.lastIndexOf('.');
  return dot <= 0 ? undefined : `${id.slice(dot + 1)}/${id.slice(0, dot)}`;
}

/** `type.googleapis.com/envoy.config.listener.v3.Listener` */
function shortName(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}

function statusIn({ sent, status = 0, failure }: ReadType): TypeStatus {
  const sentAt = (sent?.seconds ?? 0) * 1_000 + Math.floor((sent?.nanos ?? 0) / 1_000_000);
  return {
    status: configStatuses[status] ?? 'UNKNOWN',
    // The zero time of Go is long before the epoch.
    ...(sentAt > 0 && { sentAt }),
    ...(failure?.details !== undefined && { error: failure.details }),
  };
}
