import { GroupShareError } from "../../shared/errors.ts";

/** GroupShareError `conflict` where the signal of whoever asked has fired. */
export function heedSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new GroupShareError("conflict", "Cannot go on through a folder: it was given up");
}
