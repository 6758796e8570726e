import type { Web } from "../context.ts";
import { Name, opens } from "./parts.tsx";
import { type Crumb, crumbs } from "./places.ts";
import { visible } from "./visible.ts";

/** Steps of a long way that are shown before and after those that give way to "…". Counts. */
const FIRST = 2;
const LAST = 2;

/** The way from the group to a folder, on one line: the middle of a long one is a link to its last folder. */
export function Crumbs({ web, path }: { web: Web; path: string }) {
  const way = crumbs(web.needs, path);
  const last = way.at(-1);
  return (
    <nav class="crumbs" aria-label="Breadcrumb">
      <ol>
        {way.slice(0, FIRST).map((crumb) => (crumb === last ? null : <Step crumb={crumb} />))}
        <Between hidden={way.slice(FIRST, -LAST)} />
        {way
          .slice(FIRST)
          .slice(-LAST)
          .map((crumb) => (crumb === last ? null : <Step crumb={crumb} />))}
        <li>
          <h2 class="here" tabIndex={-1} aria-current="page" title={visible(last?.name ?? "")}>
            <Name name={last?.name ?? ""} />
          </h2>
        </li>
      </ol>
    </nav>
  );
}

function Step({ crumb }: { crumb: Crumb }) {
  return (
    <li>
      <a {...opens(crumb.path)}>
        <Name name={crumb.name} />
      </a>
    </li>
  );
}

function Between({ hidden }: { hidden: readonly Crumb[] }) {
  const nearest = hidden.at(-1);
  if (nearest === undefined) return null;
  return (
    <li>
      <a title={hidden.map(({ name }) => visible(name)).join(" / ")} {...opens(nearest.path)}>
        <span aria-hidden="true">…</span>
        <span class="hidden">
          Up to <Name name={nearest.name} />
        </span>
      </a>
    </li>
  );
}
