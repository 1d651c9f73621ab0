import { tableLines } from '../../core/text/text-table.ts';
import type { Paint } from '../../core/text/paint.ts';
import { counted, firstFew } from '../../core/text/wording.ts';
import type { Survey, SurveyedNamespace } from '../../survey/survey.ts';

const shownNamespaces = 25;
const shownNames = 6;

/** One page: the numbers, namespace by namespace the most open first, what stands out, and the first point. */
export function surveyText(survey: Survey, point: string, paint: Paint): string {
  const blocks = [
    `${paint('What leaves this cluster, as far as its objects tell', 'strong')}\n${facts(survey)}`,
    table(survey.namespaces, paint),
    notes(survey, paint),
    `${paint('A first enforcement point', 'strong')} (alone: -o yaml)\n\n${point.trimEnd()}`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function facts({ pods, nodes, hostNetwork, namespaces, reaches, plugins, policies, mesh, sources }: Survey): string {
  const open = reaches.anywhere + hostNetwork;
  const kinds = policies.map(({ kind, count }) => `${count} ${kind.split('.')[0] ?? kind}`);
  const where = `on ${counted(nodes, 'node')} in ${counted(namespaces.length, 'namespace')}`;
  const rows = [
    ['pods', `${pods} ${where}${hostNetwork === 0 ? '' : `; ${hostNetwork} of them on the host network`}`],
    [
      'get anywhere',
      `${open} of ${pods} (${share(open, pods)})${hostNetwork === 0 ? '' : ', those on the host network included'}`,
    ],
    ['network policies', kinds.join(', ') || 'none'],
    ['network plugin', plugins.join(' or ') || 'not known'],
    ['mesh', mesh === undefined ? 'none' : meshText(mesh)],
    ['pods leave as', `${sources.vantage === undefined ? 'not known' : leaveAs[sources.vantage]}: ${sources.because}`],
  ];
  return tableLines(rows.map(([name = '', value = '']) => [`  ${name}`, value])).join('\n');
}

const leaveAs = { Pod: 'themselves', Node: 'their nodes' } as const;

function meshText({ pods, outboundTrafficPolicy }: NonNullable<Survey['mesh']>): string {
  const around = outboundTrafficPolicy === 'REGISTRY_ONLY' ? ', which a compromised pod walks around' : '';
  return `Istio at ${counted(pods, 'pod')}; outboundTrafficPolicy ${outboundTrafficPolicy}${around}`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${Math.round((100 * part) / whole)} %`;
}

function table(namespaces: readonly SurveyedNamespace[], paint: Paint): string {
  if (namespaces.length === 0) return 'There are no pods.';
  const header = [
    'NAMESPACE',
    'PODS',
    'ANYWHERE',
    'SOME PORTS',
    'ONLY NAMED',
    'UNKNOWN',
    'HOST NETWORK',
    'MESH',
    'LEAVES AS',
  ];
  const rows = namespaces
    .slice(0, shownNamespaces)
    .map(({ namespace, pods, reaches, ports, hostNetwork, meshed, egressAddresses }) => [
      namespace,
      `${pods}`,
      number(reaches.anywhere),
      reaches.ports === 0 ? '-' : `${reaches.ports} (${firstFew(ports, 3)})`,
      number(reaches.named),
      number(reaches.unknown),
      number(hostNetwork),
      number(meshed),
      egressAddresses.length === 0 ? '-' : firstFew(egressAddresses, 2),
    ]);
  const [head = '', ...lines] = tableLines([header, ...rows], [1, 2, 4, 5, 6, 7], (cell, row, column) =>
    row > 0 && (column === 2 || column === 6) && cell.trim() !== '-' ? paint(cell, 'bad') : cell,
  );
  const more = namespaces.length - rows.length;
  return [
    paint(head, 'dim'),
    ...lines,
    ...(more > 0 ? [paint(`... and ${more} more; -o json has all`, 'dim')] : []),
  ].join('\n');
}

function number(count: number): string {
  return count === 0 ? '-' : `${count}`;
}

/** What to look at, and what to do about it. */
function notes({ namespaces, hostNetworkWorkloads, unknown, egressAddresses }: Survey, paint: Paint): string {
  const open = namespaces.filter(({ reaches }) => reaches.anywhere > 0).map(({ namespace }) => namespace);
  const lines = [
    ...(open.length === 0
      ? []
      : [
          `${firstFew(open, shownNames)}: no network policy restricts the pods there. An attacker who takes one over reaches the whole internet, unless a firewall stops it.`,
        ]),
    ...(hostNetworkWorkloads.length === 0
      ? []
      : [
          `${firstFew(hostNetworkWorkloads, shownNames)}: on the host network, where no network policy and no sidecar binds. A firewall sees the node.`,
        ]),
    ...egressAddresses.map(
      ({ id, addresses, pods }) =>
        `${id}: ${counted(pods, 'pod')} ${pods === 1 ? 'leaves' : 'leave'} under ${addresses.join(', ') || 'an address of its gateway'}. A point for these has vantage EgressIP.`,
    ),
    ...unknown.map(
      ({ object, reason, pods }) =>
        `${object || 'Network policies'}: ${reason}. How far ${counted(pods, 'pod')} ${pods === 1 ? 'gets' : 'get'} is not known.`,
    ),
  ];
  return lines.length === 0
    ? ''
    : [paint('What stands out', 'strong'), ...lines.map((line) => `  - ${line}`)].join('\n');
}
