/** A pod of a cluster that a simulated device follows by itself. */
export interface FollowedPod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
}
