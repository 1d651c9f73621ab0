import type { Importer, Written } from '../importer.ts';
import { grouped } from '../../core/model/grouped.ts';
import { importing as importingFrom } from '../documents.ts';
import { lost, unreadable, type Document, type Outcome, type Remark } from '../outcome.ts';
import type { Reach } from '../reach.ts';
import { writeClusterPolicies } from '../write.ts';
import { exportedTo, importing } from './audience.ts';
import { permittedClients } from './authorization.ts';
import { exitsOf, meets, type Exit } from './destinations.ts';
import { gatewayRouteOf } from './gateway.ts';
import { entrySchema, ofKind, settingsOf, type Entry, type MeshSettings } from './objects.ts';
import { limitsOf } from './limits.ts';
import { waypointOf } from './waypoint.ts';
import { both, matchesNobody, subjectsOf, type Who } from '../who.ts';

const entryKind = 'networking.istio.io/ServiceEntry';
const routing = ['Gateway', 'VirtualService', 'DestinationRule'].map((kind) => `networking.istio.io/${kind}`);
const patches = ['networking.istio.io/EnvoyFilter', 'extensions.istio.io/WasmPlugin'];

/**
 * Ways out of a mesh: what ServiceEntries open to the namespaces that see and import them, as far as the
 * AuthorizationPolicies of an egress gateway or a waypoint on the way let them through.
 */
export const importIstio: Importer = importingFrom({
  kinds: [entryKind, 'networking.istio.io/Sidecar', 'security.istio.io/AuthorizationPolicy'],
  beside: ['ConfigMap', 'Service', ...routing, ...patches],
  read: (all) => (document) => read(document, all),
  about: [
    {
      effect: 'changed',
      severity: 'warning',
      subject: 'pods outside the mesh',
      field: '',
      code: 'not-selected',
      message:
        'and, where outboundTrafficPolicy is ALLOW_ANY, every pod, may reach there what no ServiceEntry names; with Postern they reach nothing until a policy permits it',
    },
  ],
});

function read(document: Document, all: readonly Document[]): Outcome {
  const settings = settingsOf(all);
  if (settings === undefined) return { objects: [], remarks: [settingsMissing] };
  if (document.kind !== entryKind) return { objects: [], remarks: limitsOf(document, all, settings) };
  const { data, error } = entrySchema.safeParse(document.value['spec']);
  if (data === undefined) return unreadable(error, entrySchema, document.value['spec']);
  const { exits, remarks } = exitsOf(data);
  const open = exits.map((exit) => ({ exit, ...whoMay(document, data, exit, { all, settings }) }));
  const refused = open.flatMap(({ remark }) => remark ?? []);
  return { objects: written(document, open), remarks: [...remarks, ...distinct(refused)] };
}

const settingsMissing = lost(
  '',
  'mesh-not-given',
  'its meaning depends on the settings of the mesh: give the ConfigMap of its istiod as well (kubectl get configmap istio -n istio-system -o yaml), with its rootNamespace where it is of another namespace',
);

function distinct(remarks: readonly Remark[]): readonly Remark[] {
  return [...new Map(remarks.map((remark) => [remark.message, remark])).values()];
}

interface Mesh {
  readonly all: readonly Document[];
  readonly settings: MeshSettings;
}

interface Open {
  readonly who: readonly Who[];
  readonly remark?: Remark;
}

/** Who may leave by it; of several ways to read an object always the one that lets out fewer. */
function whoMay({ namespace, ...document }: Document, entry: Entry, exit: Exit, { all, settings }: Mesh): Open {
  const exportTo = shownTo(entry, settings);
  const exported = exportedTo(exportTo, namespace);
  const seen = both(exported, importedBy(all, settings, namespace, exit));
  const rival = ofKind(all, entryKind)
    .filter(({ subject, input }) => subject !== document.subject || input !== document.input)
    .find((other) => isRival(other, exit, exported, settings));
  const name = exit.name ?? exit.network ?? '';
  if (rival !== undefined)
    return closed(
      entrySchema.safeParse(rival.value['spec']).success
        ? `${rival.subject} also covers ${name}, for some of the same namespaces: write it once`
        : `${rival.subject} cannot be read, and may also cover ${name}: correct it, or leave it out`,
    );
  const patch = all.find(({ kind }) => patches.includes(kind));
  if (patch !== undefined)
    return closed(
      `${patch.subject} rewrites the configuration of proxies, which Postern cannot evaluate: ${name} is not carried over`,
    );
  const ways = exit.hosts.map((one) =>
    gatewayRouteOf(all, { namespace, exportTo, host: one, port: exit.port, protocol: exit.protocol }, settings),
  );
  if (exit.name === undefined && ways.some((one) => one !== 'direct'))
    return closed(`a VirtualService is about ${exit.hosts.join(', ')}, which stands for addresses`);
  const [way = 'direct'] = ways;
  if (way !== 'direct' && 'fault' in way) return closed(`${name} port ${exit.port}: ${way.fault}`);
  const stop = waypointOf(all, { namespace, ...document }, exit, settings);
  const unsure = [way, stop].flatMap((one) => (typeof one === 'object' ? (one.unsure ?? []) : []))[0];
  if (unsure !== undefined)
    return closed(`${name}: it is not known whether ${unsure.subject} applies to the proxies on its path`);
  const before =
    way === 'direct'
      ? [seen]
      : permittedClients(
          both(seen, importing(all, settings.rootNamespace, way.service.namespace, way.service.host)),
          way,
          settings,
        );
  const who = stop === undefined ? before : before.flatMap((one) => permittedClients(one, stop, settings));
  return { who: who.filter((one) => !matchesNobody(one)) };
}

function closed(message: string): Open {
  return { who: [], remark: lost('', 'route-not-expressible', message) };
}

function shownTo({ exportTo }: Entry, { defaultServiceExportTo }: MeshSettings): readonly string[] {
  const own = exportTo.length > 0 ? exportTo : defaultServiceExportTo;
  return own.length > 0 ? own : ['*'];
}

function importedBy(all: readonly Document[], { rootNamespace }: MeshSettings, owner: string, { hosts }: Exit): Who {
  const [first, ...more] = hosts.map((host) => importing(all, rootNamespace, owner, host));
  return more.reduce((who, one) => both(who, one), first ?? { namespaces: [], inverted: true });
}

/** May another ServiceEntry be about the same, for some of the same namespaces? */
function isRival(other: Document, exit: Exit, seen: Who, settings: MeshSettings): boolean {
  const { data } = entrySchema.safeParse(other.value['spec']);
  if (data === undefined) return true;
  return meets(exit, data) && !matchesNobody(both(seen, exportedTo(shownTo(data, settings), other.namespace)));
}

/** One policy for all exits of the same clients. */
function written(document: Document, open: readonly (Open & { readonly exit: Exit })[]): readonly Written[] {
  const bySubject = grouped(
    open.flatMap(({ exit, who }) =>
      who.flatMap(subjectsOf).map((subject) => [JSON.stringify(subject), { subject, exit }] as const),
    ),
  );
  const name = `${document.namespace}.${document.name}`;
  return [...bySubject.values()].flatMap(([first, ...more], at) => {
    if (first === undefined) return [];
    const reach = [first, ...more].map(({ exit }) => reachOf(exit));
    return writeClusterPolicies(document, at === 0 ? name : `${name}-${at + 1}`, {
      ...{ tier: 'Baseline', priority: 500, subject: first.subject, egress: [{ action: 'Accept', reach }] },
    });
  });
}

function reachOf({ name, network, port, protocol }: Exit): Reach {
  const appProtocol = ({ HTTP: 'http', TLS: 'tls', TCP: 'tcp' } as const)[protocol];
  return {
    ...(name !== undefined && { domainNames: [name] }),
    ...(network !== undefined && { networks: [network] }),
    ports: [{ port, protocol: 'TCP', appProtocol }],
  };
}
