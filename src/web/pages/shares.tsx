import type { Web } from "../context.ts";
import type { ShareView } from "../needs.ts";
import { bytes, count, counted } from "./format.ts";
import { Icon, idOf, Name } from "./parts.tsx";
import { Empty } from "./states.tsx";
import { visible } from "./visible.ts";

/** The list of own shares in the dialog. */
export function Shares({ web }: { web: Web }) {
  const shares = web.needs.shares();
  if (shares.length === 0) {
    return (
      <Empty web={web} icon="share" title="You share nothing yet">
        <p>Everybody in the group sees the folders that you name here, and only those.</p>
      </Empty>
    );
  }
  return (
    <ul class="shares">
      {shares.map((share) => (
        <Share web={web} share={share} />
      ))}
    </ul>
  );
}

function Share({ web, share }: { web: Web; share: ShareView }) {
  const { id, name, path, state, files, hashed, fixed, error } = share;
  return (
    <li class="share" id={idOf("s", id)}>
      <Icon web={web} name={state === "offline" ? "offline" : "share"} />
      <div class="share-text">
        <Name name={name} class="name strong" />
        <span class="share-path">
          <Name name={path} class="path" />
        </span>
        <span class="meta">
          <State share={share} />
        </span>
        {state === "hashing" ? (
          <progress max={Math.max(files, 1)} value={hashed} aria-label={`${visible(name)} checked`} />
        ) : null}
        {error === null ? null : (
          <span class="transfer-error">
            <bdi>{visible(error)}</bdi>
          </span>
        )}
      </div>
      {fixed ? (
        <span class="badge" title="Given when the program was started; start it without to remove it">
          fixed
        </span>
      ) : (
        <button
          type="button"
          class="quiet"
          hx-delete={`/act/shares/${encodeURIComponent(id)}`}
          hx-target="#shares"
          hx-swap="innerMorph"
          hx-confirm={`Stop sharing “${visible(name)}”? It disappears from everybody's lists. The files stay where they are.`}
          data-confirm="Stop sharing"
          aria-label={`Stop sharing ${visible(name)}`}
          title="Stop sharing"
        >
          <Icon web={web} name="trash" />
        </button>
      )}
    </li>
  );
}

function State({ share }: { share: ShareView }) {
  const { state, files, hashed } = share;
  const size = (
    <>
      <span>{counted(files, "file")}</span>
      <span>{bytes(share.bytes)}</span>
    </>
  );
  switch (state) {
    case "scanning":
      return (
        <>
          <span class="state waiting">looking for files</span>
          {size}
        </>
      );
    case "hashing":
      return (
        <>
          <span class="state waiting">{`checked ${count(hashed)} of ${count(files)}`}</span>
          <span>{bytes(share.bytes)}</span>
        </>
      );
    case "offline":
      return <span class="state failed">offline: the folder cannot be read</span>;
    case "ready":
      return (
        <>
          <span class="state alive">ready</span>
          {size}
        </>
      );
  }
}
