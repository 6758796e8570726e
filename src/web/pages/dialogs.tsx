import type { Child } from "hono/jsx";
import { LIMITS } from "../../shared/limits.ts";
import { spokenId } from "../../shared/member-id.ts";
import type { Web } from "../context.ts";
import { errorsTo, Icon, Name } from "./parts.tsx";
import { QrCode } from "./qr-code.tsx";
import { Shares } from "./shares.tsx";

/** What `#dialog` holds while it is open. */
export function Dialog({ web, title, children }: { web: Web; title: string; children: Child }) {
  return (
    <div class="dialog">
      <header class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="quiet" data-close aria-label="Close">
          <Icon web={web} name="close" />
        </button>
      </header>
      {children}
    </div>
  );
}

/** An invite, to be copied or scanned. */
export function InviteDialog({ web, invite }: { web: Web; invite: string }) {
  const group = web.needs.group()?.name ?? "";
  const self = web.needs.self();
  return (
    <Dialog web={web} title="Invite to the group">
      <p>
        Whoever has this invite can join <Name name={group} class="strong" /> and see everybody's files. Send it only to
        people you trust, by a way you trust.
      </p>
      <div class="invite">
        <QrCode text={invite} label="The invite as a QR code" />
        <div class="invite-text">
          <label for="invite-line">Invite</label>
          <textarea id="invite-line" readonly rows={5} spellcheck={false}>
            {invite}
          </textarea>
          <button type="button" class="primary" data-copy="#invite-line" data-focus>
            <Icon web={web} name="copy" />
            <span data-copied="Copied" aria-live="polite">
              Copy the invite
            </span>
          </button>
        </div>
      </div>
      <p class="hint">
        They start GroupShare and choose “Join a group”, or run <code>groupshare --invite -</code> and paste it. It goes
        on working when you are away, as long as one of the members it names is here.
      </p>
      {self?.id ? (
        <p class="hint">
          To be sure that it is you whom they then see, compare this computer's id: <SpokenId id={self.id} />
        </p>
      ) : null}
    </Dialog>
  );
}

/** A member's id, short enough to be read aloud and compared. */
function SpokenId({ id }: { id: string }) {
  return <code title={id}>{spokenId(id)}</code>;
}

/** The folders that this computer offers. Only their list scrolls, so that the form stays in sight. */
export function SharesDialog({ web }: { web: Web }) {
  return (
    <Dialog web={web} title="Shared folders">
      <form
        class="share-form"
        hx-post="/act/shares"
        hx-target="#shares"
        hx-swap="innerMorph"
        hx-disable="find button"
        data-reset
        {...errorsTo("#share-error")}
      >
        <h3>Share a folder</h3>
        <div class="field">
          <label for="share-path">Folder on this computer</label>
          <input
            id="share-path"
            name="path"
            required
            maxlength={LIMITS.path}
            autocomplete="off"
            spellcheck={false}
            placeholder="/home/you/Pictures"
            aria-describedby="share-error"
            data-focus
          />
          <div id="share-error" data-reveal />
        </div>
        <div class="field">
          <label for="share-name">
            Name in the group <span class="hint">(optional)</span>
          </label>
          <input id="share-name" name="name" maxlength={LIMITS.name} autocomplete="off" placeholder="Pictures" />
        </div>
        <label class="check">
          <input type="checkbox" name="hidden" value="1" />
          <span>
            Offer hidden files too <span class="hint">(names that begin with a dot)</span>
          </span>
        </label>
        <button type="submit" class="primary">
          <Icon web={web} name="plus" />
          Share it
        </button>
      </form>
      <div
        id="shares"
        class="share-list"
        hx-get="/pane/shares-list"
        hx-trigger="shares from:body, refresh from:body"
        hx-swap="innerMorph"
      >
        <Shares web={web} />
      </div>
    </Dialog>
  );
}
