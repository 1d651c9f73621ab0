import { sourcesToward, type PodClass } from '../compare/pod-classes.ts';
import type { Layers } from '../layers.ts';
import { elsewhere } from '../mesh/mesh-layer.ts';
import type { Probe } from '../flows/probes.ts';
import type { Sources } from './sources.ts';
import { noSuchFlow, type TableLayer } from './table-layer.ts';

/** What one perimeter does with one flow. */
export interface PointDecision {
  /** Which of the perimeters. */
  readonly at: number;
  readonly point: string;
  readonly stops: boolean;
  /** The rule that decides, `default` where none does. */
  readonly rule: string;
  readonly sources: readonly string[];
}

/** A perimeter that sees a gateway. */
export interface SeenGateway {
  /** Which of the perimeters. */
  readonly at: number;
  readonly point: string;
  /** By probe, 1 where it lets it out from the gateway. */
  readonly letOut: Uint8Array;
  /** The rule by which it does. */
  readonly ruleOf: (probe: Probe) => string;
}

function seenGateway(at: number, point: string, table: TableLayer, expected: readonly string[]): SeenGateway {
  const decided = expected.map(table.deciders);
  const ruleOf = ({ index }: Probe): string =>
    table.ruleOf(decided.find((deciders) => deciders[index] !== noSuchFlow)?.[index] ?? noSuchFlow);
  return { at, point, letOut: table.letOut(expected), ruleOf };
}

type Met = Omit<Probe, 'index'> & { readonly index: number };

/** The firewalls, asked one flow at a time. */
export class Perimeters {
  readonly #layers: Layers;
  readonly #tables: readonly TableLayer[];
  readonly #sources: Sources;
  readonly #gateways: readonly (SeenGateway | undefined)[];

  constructor(layers: Layers, tables: readonly TableLayer[], sources: Sources) {
    this.#layers = layers;
    this.#tables = tables;
    this.#sources = sources;
    this.#gateways = layers.perimeters.map(({ point }, at) => {
      const [{ vantage }, table] = [point.spec, tables[at]];
      if (vantage.type !== 'EgressGateway' || table === undefined) return undefined;
      return seenGateway(at, point.metadata.name, table, sources.expected(vantage));
    });
  }

  /**
   * What they do with a flow of these pods; with those left out that cannot meet it, having no address to meet.
   *
   * @param gateway empty: the pods open their connections themselves
   */
  meet({ seenAt }: PodClass, gateway: string, flow: Met): readonly PointDecision[] {
    const stands: PointDecision[] = [];
    for (const one of seenAt) {
      const { at } = one;
      const vantage = this.#layers.perimeters[at]?.point.spec.vantage;
      if (vantage === undefined) continue;
      const seen = gateway === '' ? sourcesToward(one, flow) : this.#sources.ofGateway(gateway, vantage);
      const stand = this.#stand(at, seen, flow);
      if (stand) stands.push(stand);
      else if (gateway !== '') stands.push({ at, point: this.#name(at), stops: true, rule: 'default', sources: seen });
    }
    return stands;
  }

  /** By probe, 1 where one of them lets it out from these pods. */
  letOut({ seenAt }: PodClass, probes: readonly Probe[]): Uint8Array {
    const found = new Uint8Array(probes.length);
    for (const { at, sources, toward } of seenAt) {
      const table = this.#tables[at];
      const wherever = toward ? undefined : table?.letOut(sources);
      for (const probe of probes) {
        const letOut = toward ? table?.letOut(toward.of(probe)) : wherever;
        if (letOut?.[probe.index] === 1) found[probe.index] = 1;
      }
    }
    return found;
  }

  /** What makes these pods gateways by the word of other pods alone. */
  namedBy({ pod }: PodClass): string | undefined {
    return this.#sources.namedBy(pod);
  }

  /** What they would do with it if it came as they expect it: from the gateway, where they expect one. */
  grants({ seenAt }: PodClass, flow: Met): readonly PointDecision[] {
    return seenAt.flatMap((one) => {
      const { at } = one;
      const vantage = this.#layers.perimeters[at]?.point.spec.vantage;
      const expected = vantage?.type === 'EgressGateway' ? this.#sources.expected(vantage) : sourcesToward(one, flow);
      return this.#stand(at, expected, flow) ?? [];
    });
  }

  /** Those of them that see a gateway, and what they do with flows from there: the same for whoever is behind it. */
  gateways({ seenAt }: Pick<PodClass, 'seenAt'>): readonly SeenGateway[] {
    return seenAt.flatMap(({ at }) => this.#gateways[at] ?? []);
  }

  /** The strictest of what it does for each of the sources that can have such a flow. */
  #stand(at: number, sources: readonly string[], flow: Met): PointDecision | undefined {
    const table = this.#tables[at];
    if (table === undefined) return undefined;
    let found: PointDecision | undefined;
    for (const source of sources) {
      const stand = this.#from(table, at, source, flow, sources);
      if (stand !== undefined && (found === undefined || (stand.stops && !found.stops))) found = stand;
    }
    return found;
  }

  #from(
    table: TableLayer,
    at: number,
    source: string,
    flow: Met,
    sources: readonly string[],
  ): PointDecision | undefined {
    const point = this.#name(at);
    if (flow.index === elsewhere) {
      const { action, rule } = table.decide(source, flow);
      return { at, point, stops: action === 'Deny', rule, sources };
    }
    const decider = table.deciders(source)[flow.index] ?? noSuchFlow;
    if (decider === noSuchFlow) return undefined;
    return { at, point, stops: table.verdictOf(decider) === 'Deny', rule: table.ruleOf(decider), sources };
  }

  #name(at: number): string {
    return this.#layers.perimeters[at]?.point.metadata.name ?? '';
  }
}
