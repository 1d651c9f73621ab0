import { levels } from 'pino';

/** A structured line for a person: `2026-01-01T00:00:00.000Z WARN worker point synced point=edge state=held`. */
export function textLine(json: string): string {
  const { time, level, component, msg = '', ...fields } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${plain(value)}`);
  const words = [time, levels.labels[Number(level)]?.toUpperCase() ?? level, component, msg, ...rest];
  return `${words.map(String).join(' ')}\n`;
}

/** In quotes where it could be taken for something else. */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value === 'string' && !/^[\w.:/@-]+$/.test(text) ? JSON.stringify(text) : text;
}
