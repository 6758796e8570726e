/** Where a download stands. The names are the API's (DESIGN §11). */
export type State = "queued" | "downloading" | "paused" | "waiting" | "done" | "failed" | "cancelled";

/** What can happen to one. */
export type Event =
  /** Its turn has come. */
  | "start"
  /** All of it is in place. Also while paused: its last file was done before the pause took hold. */
  | "finish"
  /** Nobody who has what is missing is here. */
  | "starve"
  /** It cannot go on without a person. */
  | "fail"
  /** Somebody came, or enough time went by: try again. */
  | "retry"
  | "pause"
  | "resume"
  | "cancel"
  /** The program started again. */
  | "reopen";

const TABLE: Readonly<Record<State, Partial<Record<Event, State>>>> = {
  queued: { start: "downloading", pause: "paused", resume: "queued", cancel: "cancelled", reopen: "queued" },
  downloading: {
    finish: "done",
    starve: "waiting",
    fail: "failed",
    pause: "paused",
    resume: "downloading",
    cancel: "cancelled",
    reopen: "queued",
  },
  waiting: { retry: "queued", resume: "queued", pause: "paused", cancel: "cancelled", reopen: "queued" },
  paused: { finish: "done", pause: "paused", resume: "queued", cancel: "cancelled", reopen: "paused" },
  failed: { resume: "queued", cancel: "cancelled", reopen: "failed" },
  done: { finish: "done", reopen: "done" },
  cancelled: { cancel: "cancelled", reopen: "cancelled" },
};

/** The state that follows, or null where the event means nothing in this state. */
export function after(state: State, event: Event): State | null {
  return TABLE[state][event] ?? null;
}

/** Whether nothing will happen to it any more unless a person asks. */
export function isFinished(state: State): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}
