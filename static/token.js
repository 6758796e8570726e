// What proves that this page is its person's. A browser sends the cookie to every port of the host, so that it proves little;
// what is kept here stays with this origin, whose port is a part of it.

const NAME = "groupshare-token";
const HEADER = "x-groupshare-token";

/** The token; null where this browser was not let in, or keeps nothing. */
export function token() {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}

/** Keeps a token. Throws where the browser does not let it. */
export const keep = (given) => localStorage.setItem(NAME, given);

/** Forgets a token that does not work, unless there is another one by now. */
export function forget(useless) {
  if (token() === useless) localStorage.removeItem(NAME);
}

export const proof = (held) => ({ [HEADER]: held });
