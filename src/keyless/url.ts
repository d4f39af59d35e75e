import { InputError } from '../errors.ts';
import type { InputName } from '../inputs/table.ts';
import { quote } from '../inputs/words.ts';

const HERE = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** @throws InputError ERR_INPUT unless nobody on the way can read what is said there. */
export function serviceUrl(name: InputName, text: string): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && HERE.test(url.hostname));
  if (isSafe && url.username === '' && url.password === '' && url.hash === '') return url;
  const shown = text.includes('@') ? 'it' : quote(text); // a password may be in it
  throw new InputError(name, `${name}: ${shown} is not the URL of a service, https://HOST/PATH`);
}
