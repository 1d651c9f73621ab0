import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { StepView, WhyView } from '../../src/console/views/shapes.ts';
import type { ViewProps } from '../view-props.ts';
import { MatrixModel } from '../data/matrix-model.ts';
import type { Failure, Source } from '../data/source.ts';
import { asFailure, useDocument } from '../data/use-document.ts';
import { WhyFromMatrix } from '../parts/why-from-matrix.tsx';
import { Empty, Failed } from '../parts/parts.tsx';
import { hrefOf } from '../routes.ts';

const mostSuggestions = 60;

/** One flow through every layer. */
export function Why({ source, route }: ViewProps): VNode {
  const from = route.params.get('from') ?? '';
  const to = route.params.get('to') ?? '';
  const matrix = useDocument(source, 'matrix', 60_000).value;
  const model = useMemo(() => matrix && new MatrixModel(matrix), [matrix]);
  return (
    <div class="why">
      <h1 class="statement">Is a connection permitted?</h1>
      <Ask key={`${from} ${to}`} from={from} to={to} model={model} />
      {from === '' || to === '' ? (
        <Empty title="Ask about one workload and one destination">
          <p>
            Postern evaluates the flow at every layer: the intent, the network policies, the mesh, each firewall. It
            names the rule that denies it, or the last one that permits it. Every cell of the matrix links here.
          </p>
        </Empty>
      ) : source.live ? (
        <Answer source={source} from={from} to={to} />
      ) : (
        <WhyFromMatrix model={model} from={from} to={to} />
      )}
    </div>
  );
}

function Ask({
  from,
  to,
  model,
}: {
  readonly from: string;
  readonly to: string;
  readonly model: MatrixModel | undefined;
}): VNode {
  const [who, setWho] = useState(from);
  const [where, setWhere] = useState(to);
  const workloads = useMemo(
    () => suggestions(model?.rows.map((row) => `${row.namespace}/${row.workload}`) ?? [], who),
    [model, who],
  );
  const places = useMemo(() => suggestions(model?.columns.map(({ example }) => example) ?? [], where), [model, where]);
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        location.hash = hrefOf('why', { from: who.trim(), to: where.trim() });
      }}
    >
      <Suggesting
        id="from"
        label="From"
        placeholder="shop/Deployment/checkout"
        value={who}
        onValue={setWho}
        options={workloads}
      />
      <Suggesting
        id="to"
        label="To"
        placeholder="api.stripe.com:443"
        value={where}
        onValue={setWhere}
        options={places}
      />
      <button type="submit" class="button">
        Why
      </button>
    </form>
  );
}

interface SuggestingProps {
  readonly id: string;
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly options: readonly string[];
}

function Suggesting({ id, label, placeholder, value, onValue, options }: SuggestingProps): VNode {
  return (
    <label class="field" for={id}>
      <span>{label}</span>
      <input
        id={id}
        class="mono"
        required
        list={`${id}-options`}
        placeholder={placeholder}
        value={value}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      <datalist id={`${id}-options`}>
        {options.map((option) => (
          <option key={option} value={option} />
        ))}
      </datalist>
    </label>
  );
}

/** The first few that contain what was typed. */
function suggestions(all: readonly string[], typed: string): readonly string[] {
  const wanted = typed.toLowerCase();
  const found = new Set<string>();
  for (const one of all) {
    if (one.toLowerCase().includes(wanted)) found.add(one);
    if (found.size === mostSuggestions) break;
  }
  return [...found];
}

function Answer({ source, from, to }: { readonly source: Source; readonly from: string; readonly to: string }): VNode {
  const [state, setState] = useState<{ readonly answer?: WhyView; readonly failure?: Failure }>({});
  useEffect(() => {
    let over = false;
    setState({});
    source.why(from, to).then(
      (answer) => over || setState({ answer }),
      (error: unknown) => over || setState({ failure: asFailure(error) }),
    );
    return () => {
      over = true;
    };
  }, [source, from, to]);
  const { answer, failure } = state;
  if (failure !== undefined) return <Failed failure={failure} what="This" />;
  if (answer === undefined)
    return (
      <p class="loading" role="status">
        Asking every layer…
      </p>
    );
  return <Answered answer={answer} />;
}

const titles = { Accept: 'Permitted.', Deny: 'Denied.', Unknown: 'Not known.' } as const;

function Answered({ answer }: { readonly answer: WhyView }): VNode {
  const { verdict, sentence, steps, restsOn, limits } = answer;
  return (
    <article class={`answer answer-${verdict}`} aria-live="polite">
      <h2>{titles[verdict]}</h2>
      <p class="lead">{sentence}</p>
      <ol class="steps">
        {steps.map((step, at) => (
          <Step key={at} step={step} />
        ))}
      </ol>
      {limits.length > 0 && (
        <ul class="notice">
          {limits.map((limit) => (
            <li key={limit}>{limit}</li>
          ))}
        </ul>
      )}
      {restsOn.length > 0 && (
        <div class="small dim">
          The answer assumes:
          <ul class="bases">
            {restsOn.map((basis) => (
              <li key={basis}>{basis}</li>
            ))}
          </ul>
        </div>
      )}
    </article>
  );
}

const says = { Accept: 'permits it', Deny: 'denies it', Unknown: 'not known' } as const;

export function Step({ step: { layer, point, verdict, rule, reason, advice } }: { readonly step: StepView }): VNode {
  const quiet = layer === 'source' && verdict === 'Accept';
  return (
    <li class={`step step-${quiet ? 'source' : verdict}`}>
      <div class="step-head">
        <b>{layer}</b> {point !== null && <a href={hrefOf('points', {}, point)}>{point}</a>}{' '}
        {!quiet && <span class={`said said-${verdict}`}>{says[verdict]}</span>}
      </div>
      <p>
        {rule !== '' && <span class="mono">{rule}</span>} {reason}
      </p>
      {advice !== '' && <p class="advice">{advice}</p>}
    </li>
  );
}
