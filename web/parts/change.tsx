import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ChangeView, FlowText } from '../../src/console/views/shapes.ts';
import { clockOf, counted, number } from '../data/words.ts';
import { PolicyName } from './parts.tsx';

export const reasons: Readonly<Record<string, string>> = {
  'first-sync': 'first sync',
  'policy-changed': 'policy changed',
  expired: 'expired',
  'pod-added': 'pods started',
  'pod-ended': 'pods ended',
  'members-changed': 'members changed',
  'drift-healed': 'drift restored',
  withdrawn: 'withdrawn',
  adopted: 'adopted',
};
const results = { done: '', pending: 'in progress', failed: 'failed', partly: 'partly failed' } as const;
const fewLines = 5;
const fewPolicies = 2;

/** Writes that belong together, with what they opened and closed. */
export function Change({ change, few = fewLines }: { readonly change: ChangeView; readonly few?: number }): VNode {
  const { point, at, reason, writes, result, message, opened, closed, more, policies } = change;
  const [all, setAll] = useState(false);
  const lines = [...opened.map((flow) => ({ sign: '+', flow })), ...closed.map((flow) => ({ sign: '−', flow }))];
  const shown = all ? lines : lines.slice(0, few);
  const named = policies.slice(0, fewPolicies);
  const by = policies[0]?.by ?? '';
  return (
    <li class={`change change-${result}`}>
      <time class="change-time mono" dateTime={at}>
        {clockOf(at)}
      </time>
      <div class="change-body">
        <p class="change-head">
          <b>{point}</b> <span>{reasons[reason] ?? reason}</span>
          {named.map(({ name }) => (
            <PolicyName key={name} name={name} />
          ))}
          {policies.length > named.length && <span class="dim">and {policies.length - named.length} more</span>}
          {by !== '' && <span class="dim">by {by}</span>}
          <span class="dim">{counted(writes, 'write')}</span>
          {results[result] !== '' && <span class={`tag tag-${result}`}>{results[result]}</span>}
        </p>
        <ul class="flows">
          {shown.map(({ sign, flow }, index) => (
            <Flow key={index} sign={sign} flow={flow} />
          ))}
        </ul>
        {lines.length === 0 && result === 'done' && <p class="dim small">It opened and closed no flows.</p>}
        {shown.length < lines.length && (
          <button type="button" class="link" onClick={() => setAll(true)}>
            {counted(lines.length - shown.length, 'more line')}
          </button>
        )}
        {all && more > 0 && <p class="dim small">and {number(more)} more, in `postern audit export`</p>}
        {message !== '' && <p class="advice">{message}</p>}
      </div>
    </li>
  );
}

function Flow({
  sign,
  flow: { who, addresses, to, ports },
}: {
  readonly sign: string;
  readonly flow: FlowText;
}): VNode {
  return (
    <li class={sign === '+' ? 'opened' : 'closed'}>
      <span class="flow-sign" aria-hidden="true">
        {sign}
      </span>
      <span>
        <span class="visually-hidden">{sign === '+' ? 'opened: ' : 'closed: '}</span>
        {who} {addresses !== '' && <span class="mono dim">{addresses}</span>} <span class="dim">to</span>{' '}
        <span class="mono">{to}</span> <span class="dim">{ports}</span>
      </span>
    </li>
  );
}
