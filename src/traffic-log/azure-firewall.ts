import { parseInstant } from '../core/time/instant.ts';
import { destinationOf, flowOf, type LogFormat, type LoggedDestination } from './format.ts';
import { objectIn, record, textIn } from './json-lines.ts';

type Fields = Readonly<Record<string, unknown>> | undefined;

/** Of what application rules name; `MSSQL` is Azure SQL, which the firewall knows as well. */
const applications: ReadonlySet<unknown> = new Set(['HTTP', 'HTTPS', 'MSSQL']);

/**
 * `{"time":"...","category":"AZFWNetworkRule","properties":{"SourceIp":"10.2.3.4",...}}` as a storage account or an event hub
 * gets it, or the row of the table of that name: https://learn.microsoft.com/en-us/azure/firewall/monitor-firewall-reference .
 * Other categories (NAT, DNS, IDPS, aggregations) are about no flow of a client, or about one that has a line here.
 */
export const azureFirewall: LogFormat = {
  description: 'Azure Firewall structured logs AZFWNetworkRule and AZFWApplicationRule, JSON lines',
  lines: 'json',
  reader:
    ({ destinations }) =>
    (line) => {
      const event = objectIn(line);
      const category = textIn(event, 'category') ?? textIn(event, 'Type');
      if (category !== 'AZFWNetworkRule' && category !== 'AZFWApplicationRule') return undefined;
      const fields = record(event?.['properties']) ?? event;
      const at = parseInstant(textIn(event, 'time') ?? textIn(event, 'TimeGenerated') ?? '');
      return flowOf(textIn(fields, 'SourceIp'), at, destinations && destinationIn(fields));
    },
};

/** An application rule tells which name was asked for, and not which address that was. */
function destinationIn(fields: Fields): LoggedDestination | undefined {
  const said = fields?.['Protocol'];
  return destinationOf({
    address: fields?.['DestinationIp'],
    name: fields?.['Fqdn'],
    port: fields?.['DestinationPort'],
    protocol: applications.has(said) ? 'TCP' : said,
    permitted: fields?.['Action'] === 'Allow',
  });
}
