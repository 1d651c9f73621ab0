/*
 * A worker may live on after its lease has ended: it stood still, was cut off from Redis, or waits for a device. Another one has
 * the point by then, and knows more of it. So whatever a worker keeps of a point goes by the token of its lease, which
 * grows with every lease of that point: once a greater one was given, nothing of it is taken.
 *
 *   acknowledged version, when to read back, operations of the device   fenced: `acknowledgeScript`, `pendingScript`
 *   reading, what was in force                                           fenced: `RedisReadingStore`
 *   outcome                                                              fenced: `RedisOutcomeStore`, by the greatest token that has told one
 *   distrust, a failure                                                  not: it only has the device read, and a late call that fails is a reason to
 *   audit record                                                         not: what was sent is on record, whoever sent it; it is taken only where the chain is
 *   requests for work, the mark of what cannot be read                   not: they say only that there is something to look at
 *   rates and pauses of a device                                         not: they count requests, whoever makes them
 *   the lease itself                                                     renewed and given back only by who has it
 *   the document of a feed                                               as on any device, and it is replaced only by who has read it
 */

/**
 * Lua function, to stand behind `keptNumber`: was a greater token given than this one? Of who has none, whether any was. The
 * key is that of the last token of the point.
 */
export const fencing = `
  local function isLate(key, token) return keptNumber(redis.call('GET', key)) > keptNumber(token) end
`;

/** A store to which workers write. */
export interface Fenced<Store> {
  /** The same store for the holder of the lease with this token: what it keeps of a point is not taken once another one has that. */
  under(token: number): Store;
}
