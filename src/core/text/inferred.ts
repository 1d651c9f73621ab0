interface Named {
  readonly namespace: string;
  readonly workload: string;
  readonly workloadBy?: 'convention' | undefined;
}

const shown = 3;

/** A line about workloads of which only names and labels tell; none where there are none. */
export function inferredText(workloads: readonly Named[]): readonly string[] {
  const inferred = workloads.filter(({ workloadBy }) => workloadBy === 'convention');
  const names = [...new Set(inferred.map(({ namespace, workload }) => `${namespace}/${workload}`))];
  if (names.length === 0) return [];
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return [
    `by the conventions of their controllers, for the owners of the pods' owners are not at hand: ${names.slice(0, shown).join(', ')}${more}`,
  ];
}
