import type { VNode } from 'preact';
import type { MatrixModel } from '../data/matrix-model.ts';
import { Empty, PolicyName } from './parts.tsx';

interface Asked {
  readonly model: MatrixModel | undefined;
  readonly from: string;
  readonly to: string;
}

/** A file has only the verdict of the intent; the verdict of each layer needs a running Postern, or the command. */
export function WhyFromMatrix({ model, from, to }: Asked): VNode {
  const row = model?.rows.find(({ namespace, workload }) => `${namespace}/${workload}` === from);
  const at = model?.columns.findIndex((column) => column.example === to) ?? -1;
  const command = `postern why ${from} ${to} -f …`;
  if (model === undefined || row === undefined || at < 0)
    return (
      <Empty title="Not in this file">
        <p>This file contains the workloads and destinations of the matrix. For others, run:</p>
        <pre class="command">{command}</pre>
      </Empty>
    );
  const { verdict, policy, tier, partial } = model.answer(row, at);
  const title =
    verdict === 'Accept' ? 'It is permitted.' : partial ? 'It is permitted in part.' : 'It is not permitted.';
  return (
    <article class={`answer answer-${verdict}`}>
      <h2>{title}</h2>
      <p class="lead">
        {policy === null ? 'No policy permits it, so it is denied by default.' : <PolicyName name={policy} />}
        {policy !== null && <span class="dim"> · tier {tier}</span>}
      </p>
      <p>This is the intent. For the verdict of each layer, run:</p>
      <pre class="command">{command}</pre>
    </article>
  );
}
