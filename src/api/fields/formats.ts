import { z } from 'zod';
import { faultOfCidr, parseCidr } from '../../net/cidr.ts';
import { celText, explaining, matching, ruled, type Rule } from './rule.ts';

/* Texts with a syntax, held to it here and by the API server. Patterns are in what RE2 and ECMAScript have in common. */

const label = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const subdomain = `${label}([.]${label})*`;
const labelName = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';

/** RFC 1123 label, as namespaces are named. */
export const shortNameSchema = ruled(
  z.string().max(63),
  matching(
    `^${label}$`,
    'bad-name',
    'write at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends',
  ),
);

export const longName = 'choose a name of at most 63 characters: it becomes a label value and part of names on devices';
const subdomainExpression = new RegExp(`^${subdomain}$`);
const subdomainSyntax =
  'write lower-case letters, digits, hyphens and dots, with a letter or digit at both ends of every part';

/** RFC 1123 subdomain, as most Kubernetes objects are named. */
export const objectNameSchema = ruled(z.string().max(253), matching(`^${subdomain}$`, 'bad-name', subdomainSyntax));

/** What objects of ours are named: short enough to be the value of a label and a readable part of names on devices. */
export const kindNameSchema = ruled(z.string().max(253), {
  code: 'bad-name',
  cel: `self.size() <= 63 && self.matches(${celText(`^${subdomain}$`)})`,
  holds: (name) => name.length <= 63 && subdomainExpression.test(name),
  message: explaining(
    [{ cel: 'self.size() > 63', applies: (name) => name.length > 63, message: longName }],
    subdomainSyntax,
  ),
});

/** A name for people that is also safe in the language of any device. */
export const plainNameSchema = ruled(
  z.string().max(63),
  matching(
    `^${labelName}$`,
    'bad-name',
    'write at most 63 letters, digits, hyphens, underscores and dots, with a letter or digit at both ends',
  ),
);

/** `[prefix/]name`, the syntax that Kubernetes demands of label keys. */
export const labelKeyPattern = `^(${subdomain}/)?${labelName}$`;
export const labelValuePattern = `^(${labelName})?$`;
export const labelKeySyntax =
  'a label key is [prefix/]name: the prefix a DNS name, the name at most 63 letters, digits, hyphens, underscores and dots';
export const labelValueSyntax =
  'a label value is empty or at most 63 letters, digits, hyphens, underscores and dots, with a letter or digit at both ends';

/** Line breaks of every kind, other control characters, and the characters that make text read in another order. */
const unfit = '\\p{Cc}\\p{Zl}\\p{Zp}\u202a-\u202e\u2066-\u2069';

/** Free text for people. It goes into reports and into comments on devices, so it is one line that reads as it is written. */
export function freeText(max: number): z.ZodString {
  return ruled(
    z.string().max(max),
    matching(
      `^[^${unfit}]*$`,
      'control-character',
      'write one line of plain text, without control characters, line breaks or characters that reorder text',
    ),
  );
}

const host = '[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?';
/** A single label is no name that a firewall can resolve; below a wildcard it may stand. */
const domainName = `^([*]|${host})([.]${host})+$`;
/** Resolvers and URL parsers take a name whose last label is a number for an IPv4 address, short and octal forms included. */
const numeric = '[.]([0-9]+|0x[0-9a-f]*)$';

const domainNameExpression = new RegExp(domainName);
const numericExpression = new RegExp(numeric);

const domainNameRule: Rule<string> = {
  code: 'bad-domain-name',
  cel: `self.matches(${celText(domainName)}) && !self.matches(${celText(numeric)})`,
  holds: (text) => domainNameExpression.test(text) && !numericExpression.test(text),
  message: explaining(
    [
      {
        cel: `self.matches(${celText(numeric)}) || self.contains(':') || self.contains('/')`,
        applies: (text) => numericExpression.test(text) || /[:/]/.test(text),
        message:
          'write only a domain name, without scheme, port or path, its last label not a number; an IP address goes into networks, as 203.0.113.7/32',
      },
      {
        cel: 'self != self.lowerAscii()',
        applies: (text) => /[A-Z]/.test(text),
        message: 'write domain names in lower case',
      },
      {
        cel: "self.endsWith('.')",
        applies: (text) => text.endsWith('.'),
        message: 'leave out the dot at the end of a domain name',
      },
      {
        cel: "self.contains('*')",
        applies: (text) => text.includes('*'),
        message: 'a wildcard is the whole first label of a domain name, with a name after it: *.example.com',
      },
    ],
    'write a full domain name such as api.example.com: labels of 1 to 63 letters, digits and inner hyphens, other scripts in their xn-- form',
  ),
};

/** An exact name, or `*.suffix` for one or more whole labels below the suffix. */
export const domainNameSchema = ruled(z.string().max(253), domainNameRule);

const networkRule: Rule<string> = {
  code: 'bad-network',
  cel: 'isCIDR(self) && cidr(self) == cidr(self).masked()',
  holds: (text) => parseCidr(text) !== undefined,
  message: {
    text: 'it is not a CIDR such as 203.0.113.0/24 or 2001:db8::/32',
    cel: [
      "isCIDR(self) ? 'it has bits set beyond its prefix; write the network itself, or /32 (IPv6: /128) for one address'",
      " : isIP(self) ? 'it has no prefix; write /32 (IPv6: /128) for one address'",
      " : 'it is not a CIDR such as 203.0.113.0/24 or 2001:db8::/32'",
    ].join(''),
    explain: (text) => faultOfCidr(text) ?? '',
  },
};

/** A CIDR of either family, host bits zero. The longest, full groups with a dotted tail and a prefix, has 49 characters. */
export const networkSchema = ruled(z.string().max(49), networkRule);

const day = [
  '[0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])',
  '[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)',
  '[0-9]{4}-02-(0[1-9]|1[0-9]|2[0-8])',
  '([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29',
].join('|');
const timeOfDay = 'T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])';

/** RFC 3339 time with its zone, of a day that exists. */
export const timeSchema = ruled(
  z.string().max(35),
  matching(
    `^(${day})${timeOfDay}$`,
    'bad-time',
    'write an RFC 3339 time with its zone, of a day that exists: 2027-01-31T00:00:00Z',
  ),
);

/** A date, or an RFC 3339 time with its zone. */
export const dateSchema = ruled(
  z.string().max(35),
  matching(
    `^(${day})(${timeOfDay})?$`,
    'bad-date',
    'write a date of a day that exists, 2027-05-01, or an RFC 3339 time with its zone',
  ),
);
