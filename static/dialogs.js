import { find, on, onClick } from "./dom.js";

// Dialogs.

export function openDialog(dialog) {
  if (dialog.open || dialog.children.length === 0) return;
  dialog.showModal();
  find("[data-focus]", dialog)?.focus();
}
onClick("[data-close]", (button) => button.closest("dialog").close());
onClick("dialog", (dialog, event) => {
  if (event.target === dialog) dialog.close();
});
// An invite is a secret: it does not stay in the page.
document.addEventListener(
  "close",
  ({ target }) => {
    if (target.id === "dialog") target.replaceChildren();
  },
  true,
);

on("htmx:confirm", (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  event.preventDefault();
  const dialog = find("#confirm");
  const yes = find("#confirm-yes");
  find("#confirm-text").textContent = ctx.confirm;
  yes.textContent = ctx.sourceElement.dataset.confirm ?? "Yes";
  let sure = false;
  yes.onclick = () => {
    sure = true;
    dialog.close();
  };
  dialog.onclose = () => (sure ? issueRequest() : dropRequest());
  dialog.showModal();
});
