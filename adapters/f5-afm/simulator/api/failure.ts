import type { Json } from '../../../../src/core/model/json.ts';

/** Why a request is refused: HTTP status, text, and the API's own number for the layer that refused. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly status: number;
  /** 3: the configuration database; 2: a transaction; 1: the object is not there; 26214401: the request itself. */
  readonly apiError: number;

  constructor(status: number, message: string, apiError: number) {
    super(message);
    this.status = status;
    this.apiError = apiError;
  }
}

const malformed = 26_214_401;

/** The request is wrong in itself: never reaches the configuration database. */
export const refused = (message: string): Failure => new Failure(400, message, malformed);
/** `01070734:3`: the configuration would not hold together. */
export const misconfigured = (message: string): Failure =>
  new Failure(400, `01070734:3: Configuration error: ${message}`, 3);
export const notFound = (title: string, path: string): Failure =>
  new Failure(404, `01020036:3: The requested ${title} (${path}) was not found.`, 3);
export const duplicate = (title: string, path: string, partition: string): Failure =>
  new Failure(409, `01020066:3: The requested ${title} (${path}) already exists in partition ${partition}.`, 3);
export const folderMissing = (folder: string): Failure => refused(`The requested folder (${folder}) was not found.`);
export const nothingToDo = (): Failure => refused('one or more properties must be specified');
export const nameless = (): Failure => refused('one or more configuration identifiers must be provided');
export const listExpected = (): Failure =>
  refused('one of the following must be specified: add, delete, modify, replace-all-with');
/** The wording of the next two is a guess; the numbers are those of requests that never reach the database. */
export const unknownProperty = (name: string): Failure => refused(`"${name}" unknown property`);
export const badValue = (name: string, value: Json | undefined): Failure =>
  refused(`invalid property value "${name}":${JSON.stringify(value)}`);
export const tooLong = (name: string, limit: number, length: number): Failure =>
  new Failure(400, `01070712:3: Caught configuration exception (0), ${name} max:${limit} received:${length}`, 3);
export const crossPartition = (what: string, from: string, to: string): Failure =>
  new Failure(400, `01070726:3: ${what} in partition ${from} cannot reference objects in partition ${to}`, 3);
export const notAllowed = (method: string): Failure => new Failure(405, `${method} is not allowed here`, malformed);
export const accessDenied = (user: string, partition: string): Failure =>
  new Failure(403, `01070822:3: Access Denied: User (${user}) may not change objects in partition ${partition}`, 3);

/** What the REST framework says before any object is looked at. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const unregistered = (path: string): Rejection =>
  new Rejection(404, `Public URI path not registered: ${path.replace(/^\/mgmt/, '')}`);
