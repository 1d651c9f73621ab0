import { errorPolicy, type ErrorClass } from '../src/adapter/errors.ts';
import { reasons, type Reason } from './condition-reasons.ts';

/** What a class of errors of a device asks of a person; what Postern does about it stands in `errorPolicy`. */
const remedies: Readonly<Record<ErrorClass, string>> = {
  transient: 'Check that the worker reaches the device; the message names the request without an answer.',
  throttled: 'Nothing, if it passes; otherwise increase the time between calls, or reduce other clients of the device.',
  busy: 'Nothing: an operation is in progress there, or another client holds its lock.',
  conflict: 'Nothing, if it passes; otherwise find out who else writes there.',
  auth: "Put a valid credential, or the device's CA certificate, into the Secret of `spec.secretRef`.",
  forbidden: 'Give the account on the device the permission that the message names.',
  invalid: 'Correct what the message names; the rest of the point continues.',
  quota: 'Make room on the device, or split the intent over several points.',
  'in-use': 'A foreign object on the device refers to ours; remove that reference.',
  'not-found': 'Nothing, if it passes; otherwise find out who deletes our objects.',
  'foreign-owned': 'An object of that name does not belong to Postern; rename or remove it on the device.',
  unsupported: 'This device cannot do that: change the intent, or have another point enforce it.',
  failed: 'Check the device and its last update: what it enforces is not known.',
  unrecorded:
    'Give the audit record free space, or a writable directory (`--audit-dir`); the message says what is wrong.',
};

const then: Readonly<Record<(typeof errorPolicy)[ErrorClass]['then'], string>> = {
  retry: 'retried with growing delays',
  replan: 'the device is read again, and the change is planned again',
  quarantine: 'this change is quarantined, the rest continues',
  hold: 'nothing is written until something changes',
};

/** The page of conditions, from the reasons and the policy on errors. */
export function conditionsPage(): string {
  const tables = Object.entries(reasons).map(([type, rows]) => `## ${type}\n\n${table(rows)}`);
  return `# Conditions

<!-- Generated from tools/condition-reasons.ts and src/adapter/errors.ts by npm run generate. -->

The conditions in statuses, by type and reason. The message of a condition has the details, and what to do next. A policy has
conditions as a whole and, in \`status.enforcementPoints\`, for every point that it concerns. \`postern status\` lists what is not ready.

${tables.join('\n\n')}

## Programmed, when a device does not do what it is asked

For an error of a device, \`Programmed\` is False with the reason of its class; the class is the label of \`postern_errors_total\`.

| Reason | Class | What Postern does | What to do |
| --- | --- | --- | --- |
${Object.entries(errorPolicy).map(deviceRow).join('\n')}
`;
}

function table(rows: Readonly<Record<string, Reason>>): string {
  const lines = Object.entries(rows).map(
    ([reason, { status, means, todo }]) =>
      `| \`${reason}\` | ${status} | ${means} | ${todo === '' ? 'Nothing.' : todo} |`,
  );
  return ['| Reason | Status | Means | What to do |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

function deviceRow([name, policy]: [string, (typeof errorPolicy)[ErrorClass]]): string {
  return `| \`${policy.reason}\` | \`${name}\` | ${then[policy.then]} | ${remedies[name as ErrorClass]} |`;
}
