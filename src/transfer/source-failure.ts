/** Why a source did not give what it was asked for; no fault of the download. */
export class SourceFailure extends Error {
  /**
   * unreachable: no answer, or gone silent. refused: it answered that it does not have this (any more).
   * broken: it answered with something else than was asked for, or stopped in the middle.
   */
  readonly kind: "unreachable" | "refused" | "broken";

  constructor(kind: "unreachable" | "refused" | "broken", message: string) {
    super(message);
    this.name = "SourceFailure";
    this.kind = kind;
  }
}
