// The built-in desk's script: putting texts into the answer, closing menus. Pages work without it.
"use strict";
(() => {
  // A text goes in where the cursor is; what is typed already stays. Without this script the link loads the page with the text in it.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]"), into = button && document.getElementById(button.dataset.into);
    if (!into) return;
    event.preventDefault();
    const before = into.value.slice(0, into.selectionStart), after = into.value.slice(into.selectionEnd);
    const gap = before && !/\s$/.test(before) ? "\n" : "";
    into.value = before + gap + button.dataset.insert + after;
    const at = before.length + gap.length + button.dataset.insert.length;
    button.closest("details")?.removeAttribute("open");
    const reply = into.form?.querySelector("[name=kind][value=reply]");
    if (reply) { reply.checked = true; reply.dispatchEvent(new Event("change", { bubbles: true })); }
    into.focus(); into.setSelectionRange(at, at);
  });
  // One menu at a time, closed by Escape and by a click elsewhere.
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details.menu[open]")) if (!open.contains(event.target)) open.removeAttribute("open");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll("details.menu[open]")) { open.removeAttribute("open"); open.querySelector("summary").focus(); }
  });
  // Filters are used as soon as they are chosen.
  document.addEventListener("change", (event) => { if (event.target.matches("form[data-at-once] select")) event.target.form.requestSubmit(); });
})();
