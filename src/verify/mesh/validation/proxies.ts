import type { Gateway, Server, Sidecar } from '../objects/traffic.ts';
import { repeated } from '../checks/check.ts';
import { dnsLabel, faults, isDomain, isProtocol, type Fault } from './fault.ts';

export function gatewayFaults({ name, servers }: Gateway): readonly Fault[] {
  const [twice] = repeated(servers.map(({ port }) => port.name ?? ''));
  return [
    ...faults(
      [!dnsLabel.test(name), 'metadata.name', 'is no DNS label'],
      [servers.length === 0, 'spec.servers', 'needs a server'],
      [twice !== undefined, 'spec.servers', `has the port name ${JSON.stringify(twice)} twice`],
    ),
    ...servers.flatMap((server, at) => serverFaults(server, `spec.servers[${at}]`)),
  ];
}

export function sidecarFaults(sidecar: Sidecar): readonly Fault[] {
  const { egress, ingress, inboundConnectionPool, outboundTrafficPolicy } = sidecar;
  const said = [inboundConnectionPool, outboundTrafficPolicy].filter((part) => part !== undefined);
  const isEmpty = egress.length + ingress.length + said.length === 0;
  const general = egress.findIndex(({ port }) => port === undefined);
  const [twice] = repeated(egress.flatMap(({ port }) => port?.number ?? []));
  const hosts = egress.flatMap((listener) => listener.hosts);
  const bad = hosts.find((host) => !isScoped(host, /^~?([*.]|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$/, true));
  const { mode, egressProxy } = outboundTrafficPolicy ?? {};
  return faults(
    [isEmpty, 'spec', 'says nothing'],
    [general >= 0 && general < egress.length - 1, 'spec.egress', 'has a listener without a port that is not the last'],
    [twice !== undefined, 'spec.egress', `has port ${twice ?? ''} twice`],
    [egress.some((listener) => listener.hosts.length === 0), 'spec.egress', 'has a listener without hosts'],
    [bad !== undefined, 'spec.egress', `has the host ${JSON.stringify(bad)}, and wants namespace/host`],
    [
      egressProxy !== undefined && mode !== 'ALLOW_ANY',
      'spec.outboundTrafficPolicy',
      'has an egressProxy, which is for ALLOW_ANY only',
    ],
  );
}

function serverFaults({ hosts, port, tls }: Server, field: string): readonly Fault[] {
  const { name = '', protocol = '' } = port;
  const bad = hosts.find((host) => !isScoped(host, /^([*.]|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$/, false));
  const isTls = /^(HTTPS|TLS)$/i.test(protocol);
  const isHttp = /^(HTTP|HTTP2|HTTP_PROXY|GRPC|GRPC-WEB)$/i.test(protocol);
  const mode = tls?.mode ?? 'PASSTHROUGH';
  const isRedirect = isHttp && mode.endsWith('PASSTHROUGH');
  const files = [tls?.serverCertificate, tls?.privateKey, tls?.caCertificates, tls?.credentialName];
  const hasFiles = files.some((file) => file !== undefined && file !== '');
  return [
    ...faults(
      [hosts.length === 0, field, 'needs a host'],
      [bad !== undefined, field, `has the host ${JSON.stringify(bad)}, which is none`],
      [name === '', `${field}.port`, 'needs a name'],
      [
        !isProtocol(protocol),
        `${field}.port`,
        `has the protocol ${JSON.stringify(protocol)}, which Istio does not know`,
      ],
      [isTls && tls === undefined, field, `is ${protocol} without tls`],
      [isProtocol(protocol) && !isTls && tls !== undefined && !isRedirect, field, `is ${protocol} with tls`],
      [mode === 'ISTIO_MUTUAL' && hasFiles, `${field}.tls`, 'is ISTIO_MUTUAL with certificates of its own'],
    ),
    ...certificateFaults(tls, `${field}.tls`),
  ];
}

/** Of modes for which the gateway shows a certificate: a Secret's name says all, else the files are named. */
function certificateFaults(tls: Server['tls'], field: string): readonly Fault[] {
  if (tls === undefined || !['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL'].includes(tls.mode ?? '')) return [];
  const has = (file: string | undefined): boolean => file !== undefined && file !== '';
  if (has(tls.credentialName) || tls.credentialNames.length + tls.tlsCertificates.length > 0) return [];
  const mode = tls.mode ?? '';
  return faults(
    [!has(tls.serverCertificate) || !has(tls.privateKey), field, `is ${mode} without a certificate`],
    [mode !== 'SIMPLE' && !has(tls.caCertificates), field, `is ${mode} without the authority of clients`],
  );
}

/** `namespace/host`, or where that is enough the host alone. */
function isScoped(text: string, namespace: RegExp, isRequired: boolean): boolean {
  const at = text.indexOf('/');
  if (at < 0) return !isRequired && isHost(text);
  return at > 0 && namespace.test(text.slice(0, at)) && isHost(text.slice(at + 1));
}

function isHost(text: string): boolean {
  return text === '*' || isDomain(text);
}
