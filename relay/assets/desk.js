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
  // Somebody who was waited for has come: a toast on every page until it is closed, and one notification of the browser.
  const toasts = document.getElementById("toasts");
  const once = (key) => { if (localStorage.getItem(key)) return false; localStorage.setItem(key, "1"); return true; };
  document.addEventListener("amparo:ready", (event) => {
    for (const one of event.detail) {
      const closed = "amparo-seen-" + one.id;
      if (!toasts || localStorage.getItem(closed) || toasts.querySelector("[data-ready='" + one.id + "']")) continue;
      const toast = document.getElementById("toast").content.firstElementChild.cloneNode(true);
      const title = toasts.dataset.come.replace("{}", one.name || toasts.dataset.nobody);
      const about = toasts.dataset.for.replace("{}", one.ticket).replace("{}", one.subject) + " · ID " + one.device;
      toast.dataset.ready = one.id;
      toast.querySelector("[data-name]").textContent = title;
      toast.querySelector("[data-what]").textContent = about;
      const link = toast.querySelector("a");
      link.href = one.href;
      for (const end of [link, toast.querySelector("[data-dismiss]")]) end.addEventListener("click", () => localStorage.setItem(closed, "1"));
      toasts.append(toast);
      if (window.Notification?.permission === "granted" && once("amparo-notified-" + one.id)) {
        const note = new Notification(title, { body: about, tag: "amparo-" + one.id });
        note.addEventListener("click", () => { window.focus(); location.href = link.href; });
      }
    }
  });
  // Who asks to be told is asked whether the browser may tell it: only a click may ask that.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.asksNotifications === undefined || window.Notification?.permission !== "default") return;
    const form = event.target;
    event.preventDefault();
    Notification.requestPermission().finally(() => form.submit());
  });
  // Filters are used as soon as they are chosen.
  document.addEventListener("change", (event) => { if (event.target.matches("form[data-at-once] select")) event.target.form.requestSubmit(); });
})();
