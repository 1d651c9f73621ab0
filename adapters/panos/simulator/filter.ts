/* Filters of dynamic address groups: `'a' and ('b' or 'c')`, where `and` binds tighter. */

const longest = 2047;

export function isFilter(filter: string): boolean {
  return filter !== '' && filter.length <= longest && evaluate(filter, () => false) !== undefined;
}

/** Undefined: it is no filter. */
export function evaluate(filter: string, has: (tag: string) => boolean): boolean | undefined {
  const tokens = filter.match(/'[^']*'|\(|\)|\band\b|\bor\b|\S+/gi) ?? [];
  let place = 0;
  const either = (): boolean | undefined => chain('or', both, (a, b) => a || b);
  const both = (): boolean | undefined => chain('and', one, (a, b) => a && b);
  const one = (): boolean | undefined => {
    const token = tokens[place++];
    if (token === '(') {
      const inside = either();
      return tokens[place++] === ')' ? inside : undefined;
    }
    const tag = token?.startsWith("'") === true ? token.slice(1, -1) : /^[\w.-]+$/.exec(token ?? '')?.[0];
    return tag === undefined || tag === '' ? undefined : has(tag);
  };
  const chain = (
    word: string,
    part: () => boolean | undefined,
    join: (a: boolean, b: boolean) => boolean,
  ): boolean | undefined => {
    let value = part();
    while (tokens[place]?.toLowerCase() === word) {
      place += 1;
      const next = part();
      value = value === undefined || next === undefined ? undefined : join(value, next);
    }
    return value;
  };
  const value = either();
  return place === tokens.length ? value : undefined;
}
