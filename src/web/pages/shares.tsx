import type { Web } from "../context.ts";
import type { ShareView } from "../needs.ts";
import { bytes, count, counted, lasting } from "./format.ts";
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
    <>
      <Hashing web={web} shares={shares} />
      <ul class="shares">
        {shares.map((share) => (
          <Share web={web} share={share} />
        ))}
      </ul>
    </>
  );
}

/** What is still to be checked in all shares, and a button that lets it rest. */
function Hashing({ web, shares }: { web: Web; shares: readonly ShareView[] }) {
  const busy = shares.filter(({ state }) => state === "scanning" || state === "hashing");
  const paused = shares.some((share) => share.paused);
  if (busy.length === 0 && !paused) return null;
  const left = busy.reduce((sum, { bytes, hashedBytes }) => sum + Math.max(0, bytes - hashedBytes), 0);
  return (
    <div class="hashing" id="hashing">
      <p class="hint">
        {paused
          ? "Files are not checked until you go on. Others see them, but can get only what was checked before."
          : `Others see all files already; each can be got once it is checked. ${bytes(left)} to go.`}
      </p>
      <button
        type="button"
        class="small"
        hx-post="/act/hashing"
        hx-vals={JSON.stringify({ action: paused ? "resume" : "pause" })}
        hx-target="#shares"
        hx-swap="innerMorph"
        hx-disable="this"
      >
        <Icon web={web} name={paused ? "play" : "pause"} />
        {paused ? "Go on checking" : "Pause checking"}
      </button>
    </div>
  );
}

function Share({ web, share }: { web: Web; share: ShareView }) {
  const { id, name, path, state, fixed, error, skipped } = share;
  return (
    <li class="share" id={idOf("s", id)}>
      <Icon web={web} name={state === "offline" ? "offline" : "share"} />
      <div class="share-text">
        <span class="share-name">
          <Name name={name} class="name strong" />
          {share.hidden ? <span class="badge">with hidden files</span> : null}
        </span>
        <span class="share-path">
          <Name name={path} class="path" />
        </span>
        <span class="meta">
          <State share={share} />
        </span>
        {state === "hashing" ? (
          <progress max={Math.max(share.bytes, 1)} value={share.hashedBytes} aria-label={`${visible(name)} checked`} />
        ) : null}
        {skipped === 0 ? null : (
          <span class="share-skipped">
            {`${counted(skipped, "thing is", "things are")} not offered: names that are not UTF-8, links that lead elsewhere, what may not be read or is no file.`}
          </span>
        )}
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
  const { state, files, hashed, remainingMs, paused } = share;
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
          {paused ? <span class="state paused">paused</span> : null}
          <span class={paused ? undefined : "state waiting"}>{`checked ${count(hashed)} of ${count(files)}`}</span>
          <span>{`${bytes(share.hashedBytes)} of ${bytes(share.bytes)}`}</span>
          {remainingMs === null || paused ? null : <span>{`${lasting(remainingMs)} left`}</span>}
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
