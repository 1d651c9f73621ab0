import type { Port } from '../../api/fields/destination.ts';

/** A service that is not encrypted, or not reliably. */
export interface InsecureService {
  readonly port: number;
  readonly protocol: Port['protocol'];
  readonly name: string;
  readonly why: string;
}

const service = (protocol: Port['protocol'], port: number, name: string, why: string): InsecureService => {
  return { port, protocol, name, why };
};

/**
 * Services by their IANA ports. The RFCs that replace them say what is insecure about each; PCI DSS 4.0, requirement 1.2.6,
 * asks for insecure services, protocols and ports.
 */
export const insecureServices: readonly InsecureService[] = [
  service('TCP', 20, 'ftp-data', 'files travel unencrypted'),
  service('TCP', 21, 'ftp', 'passwords and files travel unencrypted'),
  service('TCP', 23, 'telnet', 'passwords and sessions travel unencrypted'),
  service('TCP', 25, 'smtp', 'mail is encrypted only if both sides offer to'),
  service('UDP', 69, 'tftp', 'no authentication, and files travel unencrypted'),
  service('TCP', 80, 'http', 'requests and answers travel unencrypted'),
  service('TCP', 110, 'pop3', 'passwords and mail travel unencrypted'),
  service('TCP', 111, 'rpcbind', 'no authentication; leads to other services'),
  service('UDP', 111, 'rpcbind', 'no authentication; leads to other services'),
  service('TCP', 139, 'netbios', 'file sharing without reliable encryption'),
  service('TCP', 143, 'imap', 'passwords and mail travel unencrypted'),
  service('UDP', 161, 'snmp', 'versions 1 and 2c send their community in the clear'),
  service('TCP', 389, 'ldap', 'passwords travel unencrypted'),
  service('TCP', 445, 'smb', 'file sharing; should not leave a network'),
  service('TCP', 512, 'rexec', 'passwords travel unencrypted'),
  service('TCP', 513, 'rlogin', 'trusts addresses, unencrypted'),
  service('TCP', 514, 'rsh', 'trusts addresses, unencrypted'),
  service('UDP', 514, 'syslog', 'logs travel unencrypted, and anyone can forge them'),
  service('TCP', 873, 'rsync', 'files travel unencrypted'),
  service('TCP', 1883, 'mqtt', 'messages travel unencrypted'),
  service('TCP', 2049, 'nfs', 'trusts addresses, mostly unencrypted'),
  service('TCP', 5900, 'vnc', 'weak passwords, unencrypted'),
  service('TCP', 6379, 'redis', 'unencrypted unless configured otherwise'),
  service('TCP', 8080, 'http', 'requests and answers travel unencrypted'),
];

/** The insecure services on ports of a rule. A port with `appProtocol` tls or https has none. */
export function insecureServicesOn(ports: readonly Port[]): readonly InsecureService[] {
  const open = ports.filter(({ appProtocol }) => appProtocol !== 'tls' && appProtocol !== 'https');
  const known = insecureServices.filter(({ port, protocol }) =>
    open.some((range) => range.protocol === protocol && range.port <= port && port <= (range.endPort ?? range.port)),
  );
  const named = open
    .filter(({ appProtocol }) => appProtocol === 'http')
    .filter(({ port }) => !known.some((one) => one.port === port))
    .map(({ port, protocol }) => service(protocol, port, 'http', 'the policy says that it is plain HTTP'));
  return [...known, ...named];
}
