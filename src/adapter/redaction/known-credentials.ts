import { Substrings } from './substrings.ts';
import { encodingsOf } from './encodings.ts';

const blot = '[redacted]';

/** Values of a Secret that are no credential. */
const open = new Set(['username', 'ca.crt', 'tls.crt']);

/** A text about a device may not hold more than this of a credential in one piece. */
const longestPiece = { least: 6, most: 12 };
/** Shorter credentials occur in objects by chance, and an object with another name is another object. */
const objectPiece = { least: 8, most: 24 };
const leastObtained = 4;

/**
 * The credentials of one session: those of its Secret, and the tokens that it gets for them. Takes them out of text, in
 * whatever form a device or a proxy repeats a request: as they are, in base64, in a URL, in JSON, cut off.
 */
export class KnownCredentials {
  readonly #username: string;
  readonly #given: readonly string[];
  readonly #ourWords: string;
  /** Of what the session got by itself, at least the last few: older ones have ended. */
  #obtained: readonly string[] = [];
  #texts = new Substrings();
  #objects = new Substrings();

  /** @param ourWords what we ourselves write on the device, such as the cluster's name: no secret there */
  constructor(secret: Readonly<Record<string, string>>, ourWords: readonly string[] = []) {
    this.#username = secret['username']?.trim() ?? '';
    this.#given = Object.entries(secret).flatMap(([key, value]) => (open.has(key) ? [] : [value.trim()]));
    this.#ourWords = ourWords.join('\n');
    this.#learn(this.#given);
  }

  /** One more, such as a token that a login gave. */
  add(credential: string): void {
    const value = credential.trim();
    if (this.#given.includes(value) || this.#obtained.includes(value)) return;
    this.#obtained = [...this.#obtained, value];
    if (this.#obtained.length <= 2 * leastObtained) this.#learn([value]);
    else this.#forget();
  }

  /** A text for people without any of them, or any piece that helps to guess one. */
  hide(text: string): string {
    return this.#texts.replace(text, blot);
  }

  /** A text of an object, in which names must stay what they are: only whole credentials go, or large pieces. */
  hideInObject(text: string): string {
    return this.#objects.replace(text, blot);
  }

  /** Several at once: the others have to be learned again, and one of some kB takes a tenth of a second. */
  #forget(): void {
    this.#obtained = this.#obtained.slice(-leastObtained);
    this.#texts = new Substrings();
    this.#objects = new Substrings();
    this.#learn([...this.#given, ...this.#obtained]);
  }

  #learn(credentials: readonly string[]): void {
    const forms = credentials.flatMap((value) => encodingsOf(value, this.#username));
    for (const form of forms) {
      this.#texts.add(form, pieceOf(form, longestPiece));
      const isOurs = this.#ourWords.includes(form);
      if (form.length >= objectPiece.least && !isOurs) this.#objects.add(form, Math.min(form.length, objectPiece.most));
    }
  }
}

/** Half of a credential, between the bounds; the whole where it is shorter. */
function pieceOf({ length }: string, { least, most }: typeof longestPiece): number {
  return Math.min(length, Math.max(least, Math.min(most, Math.ceil(length / 2))));
}
