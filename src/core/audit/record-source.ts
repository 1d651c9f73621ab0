/** Where the record of a cluster is kept. */
export interface RecordSource {
  /** Undefined: the only one, which needs no name. */
  readonly cluster: string | undefined;
  readonly directory: string;
}

/** `east/edge`; of the only cluster `edge`. */
export function inCluster({ cluster }: Pick<RecordSource, 'cluster'>, name: string): string {
  return cluster === undefined ? name : `${cluster}/${name}`;
}
