// Short ways to the document.

export const find = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];
export const on = (event, listener) => document.addEventListener(event, listener);

/** Acts on clicks in any element of the selector, also those that come later. */
export const onClick = (selector, act) =>
  on("click", (event) => {
    const target = event.target.closest?.(selector);
    if (target) act(target, event);
  });

/** Sends an element an event that htmx's triggers wait for; it does not bubble. */
export const tell = (element, event) => element.dispatchEvent(new CustomEvent(event));
