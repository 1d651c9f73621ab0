/** What differs between TMOS versions, as far as it is documented. */
export interface Profile {
  /** `17.1.1`, as in the `ver=` of every selfLink. */
  readonly version: string;
  /** Names in address lists. */
  readonly fqdns: boolean;
  /** `/net/address-list` and `/security/firewall/address-list` are one namespace. */
  readonly sharedLists: boolean;
  /** Rules tell their number. Which version began is a guess. */
  readonly ruleNumbers: boolean;
  /** IP intelligence categories in rules. */
  readonly ipiCategory: boolean;
  readonly transactionSeconds: number;
  /** Longest error body, characters; longer ones are cut, and are then no JSON any longer. */
  readonly errorBody: number;
}

const newest = '17.5.0';

/** @throws RangeError for a version that is not simulated: older than 11.5, or newer than 17.5. */
export function profileOf(asked = '17.1.1'): Profile {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?(?:\.\d+)?$/.exec(asked);
  const numbers = [match?.[1], match?.[2], match?.[3]].map((part) => Number(part ?? 0));
  const [major = 0, minor = 0] = numbers;
  const at = major * 100 + minor;
  if (match === null || at < 1_105 || at > 1_705) {
    throw new RangeError(`TMOS ${asked} is not simulated; choose 11.5 to ${newest}`);
  }
  return {
    version: match[3] === undefined ? `${asked}.0` : asked,
    fqdns: at >= 1_200,
    sharedLists: at >= 1_400,
    ruleNumbers: at >= 1_400,
    ipiCategory: at >= 1_600,
    transactionSeconds: at >= 1_106 ? 120 : 30,
    errorBody: at >= 1_601 ? 1_000_000 : 2_048,
  };
}
