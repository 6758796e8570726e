import { matches } from "./matches.ts";
import { nameParts } from "./visible.ts";

/** A name that somebody else chose, as `Name`, with what was searched for marked in it. */
export function Marked({ name, question }: { name: string; question: string }) {
  return (
    <bdi class="name">
      {matches(name, question).map(({ text, hit }) => (hit ? <mark>{shown(text)}</mark> : shown(text)))}
    </bdi>
  );
}

const shown = (text: string) =>
  nameParts(text).map((part) => ("odd" in part ? <span class="odd">{part.odd}</span> : part.text));
