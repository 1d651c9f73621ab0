import { destinationOf, flowOf, type LogFormat } from './format.ts';

/** Of version 2: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html */
const usual =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status'.split(
    ' ',
  );

/**
 * `2 123456789012 eni-1 10.2.3.4 203.0.113.7 40000 443 6 10 840 1795961100 1795961160 ACCEPT OK`. A first line of other fields
 * names them, as the files in S3 have it; `pkt-srcaddr`, where it is one of them, is the pod behind a gateway or secondary
 * address.
 */
export const vpcFlow: LogFormat = {
  description: 'AWS VPC flow log, default fields, or those that its first line names',
  lines: 'text',
  reader: ({ destinations }) => {
    let fields = usual;
    return (line) => {
      const words = line.split(' ');
      if (words.includes('srcaddr') || words.includes('pkt-srcaddr')) {
        fields = words;
        return undefined;
      }
      const word = (field: string): string | undefined => words[fields.indexOf(field)];
      const either = (first: string, second: string): string | undefined =>
        [word(first), word(second)].find((text) => text !== undefined && text !== '-');
      const start = word('start');
      const at = start !== undefined && /^\d{10}$/.test(start) ? Number(start) * 1_000 : undefined;
      const to = destinations && {
        address: either('pkt-dstaddr', 'dstaddr'),
        port: word('dstport'),
        protocol: word('protocol'),
        permitted: word('action') === 'ACCEPT',
      };
      return flowOf(either('pkt-srcaddr', 'srcaddr'), at, to && destinationOf(to));
    };
  },
};
