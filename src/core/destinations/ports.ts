import type { Port } from '../../api/fields/destination.ts';

/** A set of protocols and ports as rules carry it: the empty list is every protocol and port. */
export type Ports = readonly Port[];

const everyPort: Ports = (['TCP', 'UDP'] as const).map((protocol) => ({ port: 1, endPort: 65535, protocol }));

/** What is wrong with a port, for the person who wrote it; undefined when nothing is. */
export function faultOfPort(port: Port): string | undefined {
  const last = lastPort(port);
  if ([port.port, last].some((value) => !Number.isInteger(value) || value < 1 || value > 65535)) {
    return `port ${port.port}-${last} is outside 1-65535`;
  }
  return last < port.port ? `the range ${port.port}-${last} ends before it starts` : undefined;
}

/**
 * The same set with the fewest entries: touching ranges that agree in protocol and appProtocol merged, sorted,
 * `endPort` only on true ranges.
 */
export function normalisePorts(ports: Ports): Ports {
  const sorted = [...ports].sort(comparePorts);
  const merged: Port[] = [];
  for (const port of sorted) {
    const previous = merged.at(-1);
    if (previous && kindOf(previous) === kindOf(port) && port.port <= lastPort(previous) + 1) {
      merged[merged.length - 1] = range(previous, previous.port, Math.max(lastPort(previous), lastPort(port)));
    } else merged.push(range(port, port.port, lastPort(port)));
  }
  return merged;
}

/** Does `outer` hold every protocol and port of `inner`? What is spoken on top (`appProtocol`) plays no part. */
export function portsCover(outer: Ports, inner: Ports): boolean {
  if (outer.length === 0 || outer === inner) return true;
  if (inner.length === 0) return false;
  const one = outer[0];
  const other = inner[0];
  // Asked of very many pairs of rules, most of which have one port each.
  if (outer.length === 1 && inner.length === 1 && one && other) return holds(one, other);
  const flat = outer.length === 1 ? outer : normalisePorts(outer.map(({ appProtocol: _, ...port }) => port));
  return inner.every((port) => flat.some((range) => holds(range, port)));
}

function holds(outer: Port, inner: Port): boolean {
  return outer.protocol === inner.protocol && outer.port <= inner.port && lastPort(inner) <= lastPort(outer);
}

/**
 * The protocols and ports in both, or undefined when there are none: an empty list would say "every".
 * Where both name an `appProtocol`, that of `a` stays.
 */
export function intersectPorts(a: Ports, b: Ports): Ports | undefined {
  if (b.length === 0) return normalisePorts(a);
  if (a.length === 0) return normalisePorts(b);
  const common = a.flatMap((left) => b.flatMap((right) => overlap(left, right)));
  return common.length === 0 ? undefined : normalisePorts(common);
}

function overlap(a: Port, b: Port): Port[] {
  const first = Math.max(a.port, b.port);
  const last = Math.min(lastPort(a), lastPort(b));
  if (a.protocol !== b.protocol || first > last) return [];
  return [range({ ...a, appProtocol: a.appProtocol ?? b.appProtocol }, first, last)];
}

/** Four plain literals: ports are many, and objects put together from parts take several times the memory. */
function range({ protocol, appProtocol }: Port, port: number, endPort: number): Port {
  if (endPort === port) return appProtocol ? { port, protocol, appProtocol } : { port, protocol };
  return appProtocol ? { port, endPort, protocol, appProtocol } : { port, endPort, protocol };
}

function lastPort(port: Port): number {
  return port.endPort ?? port.port;
}

function kindOf(port: Port): string {
  return `${port.protocol}/${port.appProtocol ?? ''}`;
}

function comparePorts(a: Port, b: Port): number {
  const [left, right] = [kindOf(a), kindOf(b)];
  return left < right ? -1 : left > right ? 1 : a.port - b.port;
}

/**
 * The ports of `from` that are not in `taken`, or undefined when none are left. "Every protocol and port" is taken for
 * every port of TCP and UDP: of what remains of it nothing else can be written down.
 */
export function subtractPorts(from: Ports, taken: Ports): Ports | undefined {
  if (taken.length === 0) return undefined;
  if (!intersectPorts(from, taken)) return normalisePorts(from);
  const left = taken.reduce(
    (rest, port) => rest.flatMap((piece) => around(piece, port)),
    from.length > 0 ? from : everyPort,
  );
  return left.length === 0 ? undefined : normalisePorts(left);
}

/** What of `piece` is below and above `hole`. */
function around(piece: Port, hole: Port): Port[] {
  if (piece.protocol !== hole.protocol) return [piece];
  const below = { first: piece.port, last: Math.min(lastPort(piece), hole.port - 1) };
  const above = { first: Math.max(piece.port, lastPort(hole) + 1), last: lastPort(piece) };
  return [below, above].filter(({ first, last }) => first <= last).map(({ first, last }) => range(piece, first, last));
}
