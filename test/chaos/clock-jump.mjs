// Loaded before a process begins (`node --import`): at SIGUSR2 its clock jumps to what POSTERN_CHAOS_CLOCK says, a file with
// milliseconds to add. Timers go on as before, as they do when a person or NTP sets the clock of a machine.
import { readFileSync } from 'node:fs';

const Real = Date;
let aheadMs = 0;
process.on('SIGUSR2', () => (aheadMs = Number(readFileSync(process.env['POSTERN_CHAOS_CLOCK'], 'utf8'))));
globalThis.Date = class extends Real {
  constructor(...given) {
    super(...(given.length === 0 ? [Real.now() + aheadMs] : given));
  }
  static now() {
    return Real.now() + aheadMs;
  }
};
