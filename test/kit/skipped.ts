/** Says loudly what is not tested for want of something. In CI, which has everything, that is an error. */
export function skipped(message: string): false {
  if (process.env['CI'] === 'true') throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return false;
}
