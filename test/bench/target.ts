/** What was measured, and where it is not what it should be, the target that it misses, for all to see. */
export function aiming(measured: string, target: string, met: boolean): string {
  return met ? measured : `${measured}; **misses its target: ${target}**`;
}
