import { errorPolicy, type ErrorClass } from '../src/adapter/errors.ts';
import { reasons, type Reason } from './condition-reasons.ts';

/** What a class of errors of a device asks of a person; what Postern does about it stands in `errorPolicy`. */
const remedies: Readonly<Record<ErrorClass, string>> = {
  transient: 'Can the worker reach the device? The message names the request that had no answer.',
  throttled: 'Nothing, if it passes; else give the device more time between calls, or fewer other clients.',
  busy: 'Nothing: an operation is under way there, or somebody else holds its lock.',
  conflict: 'Nothing, if it passes; else find out who else writes there.',
  auth: 'Put a valid credential, or the certificate of its authority, into the Secret of `spec.secretRef`.',
  forbidden: 'Give the account on the device the permission that the message names.',
  invalid: 'Correct what the message names; the rest of the point goes on.',
  quota: 'Make room on the device, or split the intent over several points.',
  'in-use': 'Something of others on the device refers to our object; remove that reference.',
  'not-found': 'Nothing, if it passes; else find out who deletes our objects.',
  'foreign-owned': 'An object of that name is not ours; rename or remove it on the device.',
  unsupported: 'This device cannot do that: change the intent, or have another point enforce it.',
  failed: 'Look at the device, or at what is said of its last update: what is enforced there is not known.',
  unrecorded:
    'Give the audit record room, or a directory it may write to (`--audit-dir`); the message says what is wrong.',
};

const then: Readonly<Record<(typeof errorPolicy)[ErrorClass]['then'], string>> = {
  retry: 'tried again, later each time',
  replan: 'the device is read again and a new plan made',
  quarantine: 'this change is quarantined, the rest goes on',
  hold: 'nothing is written there until something changes',
};

/** The page of conditions, from the reasons and the policy on errors. */
export function conditionsPage(): string {
  const tables = Object.entries(reasons).map(([type, rows]) => `## ${type}\n\n${table(rows)}`);
  return `# Conditions

<!-- Generated from tools/condition-reasons.ts and src/adapter/errors.ts by npm run generate. -->

What a condition in the status of our kinds says, by its type and reason; the message has the details, and what to do next. A policy has
the conditions as a whole and, in \`status.enforcementPoints\`, for every point that it concerns. \`postern status\` lists what is not ready.

${tables.join('\n\n')}

## Programmed, when a device does not do what it is asked

\`Programmed\` is False for the reason of the error's class; the class is the label of \`postern_errors_total\`.

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
