export const logFormats = ['json', 'text'] as const;
type LogFormat = (typeof logFormats)[number];

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogChoice {
  readonly logFormat?: LogFormat;
  readonly logLevel?: LogLevel;
}
