import { parseAddress } from '../../../net/address.ts';
import type { MeshClient } from '../answer.ts';
import { isIn, networksOf } from '../../values/networks.ts';
import type { AuthorizationRule, Condition, Operation, Source } from '../objects/security.ts';
import { anyOf, allOf, not, triState, type TriState } from '../../values/tri-state.ts';

/** Who a client is by its certificate. */
export interface Identity {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** In the trust domain of the mesh, and in its aliases: a policy that names one of these means every one. */
  readonly principals: readonly string[];
}

export function identityOf(
  { namespace, serviceAccount }: Pick<MeshClient, 'namespace' | 'serviceAccount'>,
  trustDomains: readonly string[],
): Identity {
  const principals = trustDomains.map((domain) => `${domain}/ns/${namespace}/sa/${serviceAccount}`);
  return { namespace, serviceAccount, principals };
}

/** A connection or request as the proxy that judges it sees it. */
export interface AuthorizationRequest {
  /** From the certificate of the client; undefined: it shows none of the mesh. */
  readonly identity: Identity | undefined;
  /** Undefined: not known. */
  readonly addresses: readonly string[] | undefined;
  /** Does the connection itself come from them? To a waypoint it comes from within, and what `ipBlocks` make of that is not said. */
  readonly isDirect: boolean;
  /** The port of the container, not of the Service. */
  readonly port: number;
  /** Of the outermost TLS that the proxy sees; undefined: there is none. */
  readonly sni: string | undefined;
  /** Is the filter chain one of HTTP? Else what belongs to requests does not exist. */
  readonly http: boolean;
  readonly host: string | undefined;
  readonly method: string | undefined;
  readonly path: string | undefined;
}

/**
 * Whether a rule is about the request. On a chain without HTTP, a rule of an ALLOW policy that speaks of requests is
 * dropped, while one of a DENY policy loses that part and so means more (Istio: authorization_policy.proto).
 */
export function ruleMatches(
  { from, to, when }: AuthorizationRule,
  request: AuthorizationRequest,
  action: string,
): TriState {
  const unheard = request.http ? undefined : triState(action === 'DENY');
  const comes = from.length === 0 ? 'yes' : anyOf(from.map(({ source }) => sourceMatches(source, request, unheard)));
  // Most rules are for other clients, and are asked no further.
  if (comes === 'no') return comes;
  return allOf([
    comes,
    to.length === 0 ? 'yes' : anyOf(to.map(({ operation }) => operationMatches(operation, request, unheard))),
    ...when.map((condition) => conditionMatches(condition, request, unheard)),
  ]);
}

/** What becomes of words about requests where nobody hears any; undefined: they are heard. */
type Unheard = TriState | undefined;

function sourceMatches(source: Source, request: AuthorizationRequest, unheard: Unheard): TriState {
  const { identity, addresses } = request;
  return allOf([
    both(source.principals, source.notPrincipals, (values) => isPrincipal(values, identity)),
    both(source.namespaces, source.notNamespaces, (values) => oneMatches(values, identity?.namespace)),
    both(source.serviceAccounts, source.notServiceAccounts, (values) => accountMatches(values, identity)),
    both(source.ipBlocks, source.notIpBlocks, (values) => addressMatches(values, peersOf(request))),
    both(source.remoteIpBlocks, source.notRemoteIpBlocks, (values) => addressMatches(values, addresses)),
    both(source.requestPrincipals, source.notRequestPrincipals, () => 'unknown', unheard),
  ]);
}

function isPrincipal(values: readonly string[], identity: Identity | undefined): TriState {
  const { principals = [] } = identity ?? {};
  return anyOf(principals.map((principal) => oneMatches(values, principal)));
}

/** `namespace/name`; a bare name is one of the policy's own namespace, which is not known here. */
function accountMatches(values: readonly string[], identity: Identity | undefined): TriState {
  if (identity === undefined) return 'no';
  if (values.includes(`${identity.namespace}/${identity.serviceAccount}`)) return 'yes';
  return values.includes(identity.serviceAccount) ? 'unknown' : 'no';
}

function operationMatches(
  operation: Operation,
  { port, host, method, path }: AuthorizationRequest,
  unheard: Unheard,
): TriState {
  return allOf([
    both(operation.ports, operation.notPorts, (values) => triState(values.includes(`${port}`))),
    both(operation.hosts, operation.notHosts, (values) => chosen(values, host), unheard),
    both(operation.methods, operation.notMethods, (values) => chosen(values, method), unheard),
    both(operation.paths, operation.notPaths, (values) => chosen(values, path), unheard),
  ]);
}

function conditionMatches(
  { key, values, notValues }: Condition,
  request: AuthorizationRequest,
  unheard: Unheard,
): TriState {
  const isOfRequest = key.startsWith('request.');
  return both(values, notValues, (wanted) => attributeMatches(key, wanted, request), isOfRequest ? unheard : undefined);
}

function attributeMatches(key: string, values: readonly string[], request: AuthorizationRequest): TriState {
  const { identity } = request;
  switch (key) {
    case 'connection.sni':
      return oneMatches(values, request.sni);
    case 'destination.port':
      return triState(values.includes(`${request.port}`));
    case 'source.namespace':
      return oneMatches(values, identity?.namespace);
    case 'source.principal':
      return isPrincipal(values, identity);
    case 'source.serviceAccount':
      return oneMatches(values, identity && `${identity.namespace}/${identity.serviceAccount}`);
    case 'source.ip':
      return addressMatches(values, peersOf(request));
    case 'remote.ip':
      return addressMatches(values, request.addresses);
    default:
      return 'unknown';
  }
}

/** Is it one of these, and none of those? An empty list asks nothing. */
function both(
  values: readonly string[],
  others: readonly string[],
  match: (values: readonly string[]) => TriState,
  unheard?: Unheard,
): TriState {
  if (values.length + others.length === 0) return 'yes';
  if (unheard !== undefined) return unheard;
  const isOne = values.length === 0 ? 'yes' : match(values);
  return others.length === 0 ? isOne : allOf([isOne, not(match(others))]);
}

function oneMatches(patterns: readonly string[], text: string | undefined): TriState {
  return triState(text !== undefined && patterns.some((pattern) => wildcardMatches(pattern, text)));
}

/** What the workload may choose, it chooses so that it matches. */
function chosen(patterns: readonly string[], text: string | undefined): TriState {
  return text === undefined ? 'some' : oneMatches(patterns, text);
}

/** `exact`, `prefix*`, `*suffix`, and `*` for anything that is there. */
function wildcardMatches(pattern: string, text: string): boolean {
  if (pattern === '*') return text !== '';
  if (pattern.startsWith('*')) return text.endsWith(pattern.slice(1));
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

function peersOf({ addresses, isDirect }: AuthorizationRequest): readonly string[] | undefined {
  return isDirect ? addresses : undefined;
}

function addressMatches(blocks: readonly string[], addresses: readonly string[] | undefined): TriState {
  const known = (addresses ?? []).flatMap((text) => parseAddress(text) ?? []);
  if (known.length === 0) return 'unknown';
  const networks = networksOf(blocks);
  const inside = known.filter((address) => isIn(networks, address)).length;
  // Which of its addresses a pod of two families uses is its own choice.
  return inside === 0 ? 'no' : inside === known.length ? 'yes' : 'some';
}
