import type { Web } from "../context.ts";
import { opens } from "./parts.tsx";
import { EVERYONE, isTogether, memberOf } from "./places.ts";

/**
 * What `#views` holds: the switch between each member's files and everyone's together. Both sides lead to where the
 * same folder is; `holder` is a member that has the one shown.
 */
export function Views({ web, path, holder }: { web: Web; path: string; holder: string | null }) {
  const together = isTogether(path);
  const [, ...below] = path.split("/");
  const other = together && below.length > 0 && holder !== null ? memberOf(web.needs, holder) : null;
  const byMember = together ? (other === null ? "" : [holder, ...below].join("/")) : path;
  const all = together ? path : [EVERYONE, ...below].join("/");
  return (
    <>
      <a class="view" data-stay aria-current={together ? undefined : "true"} {...opens(byMember)}>
        By member
      </a>
      <a
        class="view"
        data-stay
        aria-current={together ? "true" : undefined}
        title="Everybody's files as one tree: what several have is there once"
        {...opens(all)}
      >
        Together
      </a>
    </>
  );
}
