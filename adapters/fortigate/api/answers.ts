import type { AnswerTable } from '../../../kit/common/api/answers.ts';

/**
 * FortiOS error codes and what each means to us. FortiOS documents few of them; these are read from published clients
 * and from the texts that devices print with them. A code that is not here is `invalid` if the device says why.
 */
const codes: AnswerTable['codes'] = {
  [-1]: ['invalid', 'a text is too long'],
  [-3]: ['not-found', 'an entry is not there'],
  [-4]: ['quota', 'the table or the group is full'],
  [-5]: ['conflict', 'an entry of that name is there already'],
  [-8]: ['invalid', 'not an address'],
  [-9]: ['invalid', 'not a mask'],
  [-14]: ['forbidden', 'permission denied'],
  [-15]: ['conflict', 'an entry of that name is there already'],
  [-23]: ['in-use', 'the entry is used by others'],
  [-37]: ['forbidden', 'permission denied'],
  [-45]: ['invalid', 'a range ends before it starts'],
  [-56]: ['invalid', 'an empty value is not allowed'],
  [-61]: ['invalid', 'this version does not know an attribute'],
  [-72]: ['invalid', 'a text is too long'],
  [-119]: ['invalid', 'the schedule is missing'],
  [-160]: ['invalid', 'a required attribute is missing'],
  [-162]: ['foreign-owned', 'an address, group or virtual IP of that name is there already'],
  [-163]: ['foreign-owned', 'an address, group or virtual IP of that name is there already'],
  [-164]: ['foreign-owned', 'an address, group or virtual IP of that name is there already'],
  [-165]: ['foreign-owned', 'a service or service group of that name is there already'],
  [-166]: ['invalid', 'a text is too long'],
  [-173]: ['invalid', 'a character is not allowed'],
  [-177]: ['unsupported', 'this version does not move policies between interface pairs'],
  [-178]: ['unsupported', 'this version does not move policies between interface pairs'],
  [-515]: ['invalid', 'a reserved word'],
  [-560]: ['invalid', 'a reserved word'],
  [-580]: ['quota', 'the limit of the VDOM is reached'],
  [-650]: ['invalid', 'a value is out of range'],
  [-651]: ['invalid', 'a value is not accepted'],
};

/** What an HTTP status means where there is no code. 429 and 403 are looked at more closely. */
const statuses: AnswerTable['statuses'] = {
  400: ['invalid', 'the request is not understood'],
  401: ['auth', 'the API token is refused; put a valid one into the secret as token, and check its trusted hosts'],
  403: ['forbidden', 'permission is missing'],
  404: ['not-found', 'there is no such entry'],
  405: ['unsupported', 'the method is not supported here'],
  413: ['invalid', 'the request is too large for this device'],
  424: ['invalid', 'an entry is there already, or an attribute is missing or not accepted'],
};

/** What the text says where the code says too little. */
const texts: AnswerTable['texts'] = [
  [/node_check_object fail|entry not found in datasource/, 'not-found', 'it refers to an entry that is not there'],
  [/locked/i, 'busy', 'another transaction or administrator holds the table'],
  // With the code for a lack of rights (terraform-provider-fortios, issue 350).
  [/cannot be set directly/i, 'invalid', 'an attribute cannot be set'],
  [/\bused by other \d+ entr/, 'in-use', 'the entry is used by others'],
];

export const answers: AnswerTable = { texts, codes, statuses };

/** The access group that a path needs, as in `config system accprofile`, and the line that grants it. */
export const accessGroups: readonly (readonly [RegExp, string, string])[] = [
  [
    /\/firewall\/(address|addrgrp)/,
    'fwgrp.address',
    'set fwgrp custom, config fwgrp-permission, set address read-write',
  ],
  [/\/firewall\/policy/, 'fwgrp.policy', 'set fwgrp custom, config fwgrp-permission, set policy read-write'],
  [/\/firewall\.schedule\//, 'fwgrp.schedule', 'set fwgrp custom, config fwgrp-permission, set schedule read-write'],
  [/\/firewall\.service\//, 'fwgrp.service', 'set fwgrp custom, config fwgrp-permission, set service read-write'],
  [/\/system\/|\/session\//, 'sysgrp.cfg', 'set sysgrp custom, config sysgrp-permission, set cfg read-write'],
];
