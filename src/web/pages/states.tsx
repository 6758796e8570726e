import type { Child } from "hono/jsx";
import type { GroupShareError } from "../../shared/errors.ts";
import type { Web } from "../context.ts";
import { capital } from "./format.ts";
import { Icon, type IconName } from "./parts.tsx";
import { visible } from "./visible.ts";

/** What stands where there is nothing to show: why, and what to do. */
export function Empty(props: { web: Web; icon: IconName; title: string; children?: Child }) {
  return (
    <div class="empty">
      <Icon web={props.web} name={props.icon} />
      <p class="empty-title">{props.title}</p>
      {props.children}
    </div>
  );
}

/** Something that went wrong, in the words of the error. `stays`: it stands where what is wanted would. */
export function ErrorNotice({ web, error, stays }: { web: Web; error: GroupShareError; stays?: boolean }) {
  return (
    <div class="notice error" role="alert">
      <Icon web={web} name="warning" />
      <div class="notice-text">
        <p>
          <bdi>{visible(error.message)}</bdi>
        </p>
        {error.hint === undefined ? null : <p class="hint">{capital(visible(error.hint))}</p>}
      </div>
      {stays === true ? null : (
        <button type="button" class="quiet small" data-dismiss aria-label="Dismiss">
          <Icon web={web} name="close" />
        </button>
      )}
    </div>
  );
}

/** Something that went well, among the notices of the page. */
export function Notice({ web, children }: { web: Web; children: Child }) {
  return (
    <hx-partial hx-target="#notices" hx-swap="beforeend">
      <div class="notice" data-fleeting>
        <Icon web={web} name="check" />
        <div class="notice-text">{children}</div>
        <button type="button" class="quiet small" data-dismiss aria-label="Dismiss">
          <Icon web={web} name="close" />
        </button>
      </div>
    </hx-partial>
  );
}
