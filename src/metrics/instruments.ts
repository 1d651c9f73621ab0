import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { definitions, type Definition, type Update } from './definitions.ts';

type Labels = Readonly<Record<string, string>>;

interface Instrument {
  readonly definition: Definition;
  readonly take: (labels: Labels, value: number) => void;
  readonly remove: (labels: Labels) => void;
  /** Every set of labels that has a value, by its text. */
  readonly series: Map<string, Labels>;
}

/** One set of labels of one metric. */
export interface Series extends Definition {
  readonly metric: string;
  readonly values: Labels;
}

/** The defined metrics in a registry of their own. */
export class Instruments {
  readonly #registry = new Registry();
  readonly #instruments: ReadonlyMap<string, Instrument>;

  constructor() {
    this.#instruments = new Map(
      Object.entries<Definition>(definitions).map(([name, definition]) => [name, this.#make(name, definition)]),
    );
  }

  /** Adds what is known of any Node process: memory, processor, event loop. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  take(updates: readonly Update[]): void {
    for (const { metric, labels, value } of updates) {
      const instrument = this.#instruments.get(metric);
      instrument?.take(labels, value);
      instrument?.series.set(JSON.stringify(labels), labels);
    }
  }

  /** Takes away the series that fit, of gauges as of counters: what they were about is no more. */
  drop(fits: (series: Series) => boolean): void {
    for (const [metric, { definition, series, remove }] of this.#instruments) {
      for (const [key, labels] of series) {
        if (!fits({ ...definition, metric, values: labels })) continue;
        remove(labels);
        series.delete(key);
      }
    }
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #make(name: string, definition: Definition): Instrument {
    const { type, help, labels, buckets = [] } = definition;
    const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
    const common = { definition, series: new Map<string, Labels>() };
    if (type === 'counter') {
      const counter = new Counter(options);
      return { ...common, take: (of, value) => counter.inc(of, value), remove: (of) => counter.remove(of) };
    }
    if (type === 'gauge') {
      const gauge = new Gauge(options);
      // One without labels would begin as 0, which says more than is known.
      gauge.remove({});
      return { ...common, take: (of, value) => gauge.set(of, value), remove: (of) => gauge.remove(of) };
    }
    const histogram = new Histogram({ ...options, buckets: [...buckets] });
    return { ...common, take: (of, value) => histogram.observe(of, value), remove: (of) => histogram.remove(of) };
  }
}
