import { Marked } from "./marked.tsx";
import { Name, opens } from "./parts.tsx";
import type { Crumb } from "./places.ts";
import { visible } from "./visible.ts";

/** Steps of a long way that are shown at its beginning and its end. Counts. */
const FIRST = 2;
const LAST = 2;

/** Where something that was found is: links to each folder on the way, the middle of a long one as "…". */
export function Where({ way, question }: { way: readonly Crumb[]; question: string }) {
  const hidden = way.slice(FIRST, -LAST);
  const nearest = hidden.at(-1);
  const last = way.slice(FIRST).slice(-LAST);
  return (
    <span class="where" title={way.map(({ name }) => visible(name)).join(" / ")}>
      <span class="hidden">in </span>
      {way.slice(0, FIRST).map((crumb) => (
        <Step crumb={crumb} question={question} />
      ))}
      {nearest === undefined ? null : (
        <a class="between" {...opens(nearest.path)}>
          <span aria-hidden="true">…</span>
          <span class="hidden">
            Up to <Name name={nearest.name} />
          </span>
        </a>
      )}
      {last.map((crumb) => (
        <Step crumb={crumb} question={question} />
      ))}
    </span>
  );
}

function Step({ crumb, question }: { crumb: Crumb; question: string }) {
  return (
    <a {...opens(crumb.path)}>
      <Marked name={crumb.name} question={question} />
    </a>
  );
}
