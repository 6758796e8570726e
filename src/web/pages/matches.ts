import { fold, wanted } from "../../shared/fold.ts";

/** Part of a name: whether it is what was searched for. */
export interface Match {
  readonly text: string;
  readonly hit: boolean;
}

/** A name in parts, those apart that a question's words find in it: without case and marks, as the search does. */
export function matches(name: string, question: string): Match[] {
  const { words } = wanted(question);
  const { folded, starts } = unfold(name);
  const hit = new Uint8Array(name.length);
  for (const word of words) {
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) {
      hit.fill(1, starts[at], starts[at + word.length]);
    }
  }
  const parts: Match[] = [];
  for (let at = 0, end = 0; at < name.length; at = end) {
    while (end < name.length && hit[end] === hit[at]) end++;
    parts.push({ text: name.slice(at, end), hit: hit[at] === 1 });
  }
  return parts;
}

/** A name folded, and for each place in that where in the name it is; marks belong to the letter before them. */
function unfold(name: string): { folded: string; starts: number[] } {
  const starts: number[] = [];
  let folded = "";
  let at = 0;
  for (const letter of name) {
    const plain = fold(letter);
    for (let unit = 0; unit < plain.length; unit++) starts.push(at);
    folded += plain;
    at += letter.length;
  }
  starts.push(at);
  return { folded, starts };
}
