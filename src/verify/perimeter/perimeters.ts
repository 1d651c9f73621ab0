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

type Met = Omit<Probe, 'index'> & { readonly index: number };

/** The firewalls, asked one flow at a time. */
export class Perimeters {
  readonly #layers: Layers;
  readonly #tables: readonly TableLayer[];
  readonly #sources: Sources;

  constructor(layers: Layers, tables: readonly TableLayer[], sources: Sources) {
    this.#layers = layers;
    this.#tables = tables;
    this.#sources = sources;
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

  /** By probe, 0 where one of them lets it out, from these pods or, seeing a gateway, from there; 1 where all stop it. */
  shut({ seenAt }: PodClass, probes: readonly Probe[]): Uint8Array {
    const shut = new Uint8Array(probes.length).fill(1);
    for (const one of seenAt) {
      const { at, sources } = one;
      const vantage = this.#layers.perimeters[at]?.point.spec.vantage;
      const seen = vantage?.type === 'EgressGateway' ? [sources, this.#sources.expected(vantage)] : [sources];
      const ways = one.toward ? [] : seen.map((from) => this.#tables[at]?.letOut(from));
      for (const probe of probes) {
        const out = one.toward ? [this.#tables[at]?.letOut(one.toward.of(probe))] : ways;
        if (out.some((letOut) => letOut?.[probe.index] === 1)) shut[probe.index] = 0;
      }
    }
    return shut;
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

  /** What those that see a gateway do with it when it comes from there: the same for whoever is behind it. */
  gateways({ seenAt }: PodClass, flow: Met): readonly PointDecision[] {
    return seenAt.flatMap(({ at }) => {
      const vantage = this.#layers.perimeters[at]?.point.spec.vantage;
      if (vantage?.type !== 'EgressGateway') return [];
      return this.#stand(at, this.#sources.expected(vantage), flow) ?? [];
    });
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
