declare const POSTERN_VERSION: string;

/** Of the package; `development` where nothing has been built. */
export const version = typeof POSTERN_VERSION === 'string' ? POSTERN_VERSION : 'development';
