import type { VNode } from 'preact';
import type { AnswerView, ColumnView } from '../../src/console/views/shapes.ts';
import type { WorkloadRow } from '../data/matrix-model.ts';
import { portText } from '../data/words.ts';
import { hrefOf } from '../routes.ts';
import { PolicyName } from './parts.tsx';

interface CellDetailProps {
  readonly row: WorkloadRow;
  readonly column: ColumnView | undefined;
  readonly answer: AnswerView;
}

/** The cell that one is at, in words. */
export function CellDetail({ row, column, answer }: CellDetailProps): VNode | null {
  if (column === undefined) return null;
  const { namespace, workload, serviceAccount } = row;
  const { verdict, partial, policy, tier } = answer;
  const may = verdict === 'Accept' ? 'may reach' : partial ? 'may reach some of' : 'may not reach';
  const from = `${namespace}/${workload}`;
  return (
    <section class="cell-detail" aria-live="polite" aria-label="The chosen cell">
      <p>
        <span class="mono">{from}</span> <span class={`said said-${partial ? 'partial' : verdict}`}>{may}</span>{' '}
        <span class="mono">{column.destination}</span> <span class="dim">{portText(column)}</span>
      </p>
      <p class="small">
        {policy === null ? 'No policy permits it.' : <PolicyName name={policy} />}
        {policy !== null && <span class="dim"> · tier {tier}</span>}
        {serviceAccount !== 'default' && <span class="dim"> · ServiceAccount {serviceAccount}</span>}
      </p>
      <p class="cell-links">
        <a href={hrefOf('why', { from, to: column.example })}>Why</a>
        <a href={hrefOf('map', { namespace, workload })}>On the map</a>
      </p>
    </section>
  );
}
