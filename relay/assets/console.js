// The console's own script: running clocks, copying, hiding passwords again, and saying when the live stream is gone.
// Pages work without it except for what is live.
"use strict";
(() => {
  const body = document.body;
  const say = (text) => { const live = document.getElementById("say"); if (live) { live.textContent = ""; requestAnimationFrame(() => { live.textContent = text; }); } };
  const two = (n) => String(n).padStart(2, "0");
  const LATE_S = 300, GONE_MS = 12_000, SHOWN_MS = 30_000;

  // Clocks. The server's clock counts; the browser's may be wrong.
  let ahead = Date.now() - Number(body.dataset.now || Date.now());
  const tick = () => {
    const now = Date.now() - ahead;
    for (const clock of document.querySelectorAll("time[data-since]")) {
      const s = Math.max(0, Math.floor((now - Number(clock.dataset.since)) / 1000)), h = Math.floor(s / 3600);
      const text = (h ? h + ":" : "") + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
      if (clock.textContent !== text) clock.textContent = text;
      const late = clock.closest("[data-may-be-late]");
      if (late) late.classList.toggle("late", s >= LATE_S);
    }
    watch();
  };

  // The live stream: a beat every 5 s; without one for 12 s what is shown is old, and the page says so.
  const tag = document.getElementById("live-tag");
  let heard = Date.now();
  const watch = () => {
    if (!tag) return;
    const quiet = Date.now() - heard, gone = quiet > GONE_MS;
    if (gone) tag.querySelector(".when-off span").textContent = tag.dataset.off.replace("{}", String(Math.floor(quiet / 1000)));
    if (gone !== tag.classList.contains("off")) {
      tag.classList.toggle("off", gone);
      body.classList.toggle("stale", gone);
    }
  };
  // A page that is left keeps no stream, also where the browser keeps the page to come back to; then it is loaded anew.
  const listen = (url) => {
    const source = new EventSource(url);
    addEventListener("pagehide", () => source.close());
    return source;
  };
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  // The login is over. What somebody typed stays where it is, and sending it asks to log in first; a page with nothing in it goes there by itself.
  const changed = (field) => field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
    : field.options ? field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected))
    : field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue;
  const over = (event, source) => {
    source.close();
    const typed = [...document.forms].some((form) => form.method === "post" && [...form.elements].some(changed));
    const note = document.getElementById("over")?.content.firstElementChild.cloneNode(true);
    if (!typed || !note) { location.reload(); return; }
    note.querySelector(event.data === "idle" ? "[data-other]" : "[data-idle]").remove();
    document.getElementById("main").prepend(note);
  };
  if (window.htmx) {
    htmx.createEventSource = (url) => {
      const source = listen(url);
      const hear = (event) => { heard = Date.now(); if (event.type === "beat") ahead = Date.now() - Number(event.data); tick(); };
      source.addEventListener("beat", hear);
      source.addEventListener("rows", hear);
      source.addEventListener("news", (event) => hearNews(event));
      source.addEventListener("ready", (event) => document.dispatchEvent(new CustomEvent("amparo:ready", { detail: JSON.parse(event.data) })));
      source.addEventListener("done", (event) => hearDone(event));
      source.addEventListener("over", (event) => over(event, source));
      return source;
    };
  }

  // A customer who comes is announced on every page: a toast until they are taken or gone, a sound once, a number in the title.
  const toasts = document.getElementById("toasts"), SHOWN = 3, plain = document.title;
  const sounds = () => localStorage.getItem("amparo-sound") !== "off";
  let ring;
  const play = () => {
    if (!sounds()) return;
    try {
      ring ??= new AudioContext();
      for (const [i, tone] of [660, 880].entries()) {
        const at = ring.currentTime + i * .16, voice = ring.createOscillator(), loud = ring.createGain();
        voice.frequency.value = tone;
        loud.gain.setValueAtTime(.0001, at); loud.gain.exponentialRampToValueAtTime(.12, at + .02); loud.gain.exponentialRampToValueAtTime(.0001, at + .15);
        voice.connect(loud).connect(ring.destination); voice.start(at); voice.stop(at + .16);
      }
    } catch { /* A browser without sound shows the toast. */ }
  };
  const hearNews = (event) => {
    const news = JSON.parse(event.data);
    body.dataset.live = "";
    document.title = (news.waiting ? "(" + news.waiting + ") " : "") + plain;
    for (const badge of document.querySelectorAll("#badge-side, #badge-bottom")) badge.textContent = news.waiting || "";
    if (news.anew) for (const toast of toasts.querySelectorAll("[data-of]")) toast.remove();
    for (const id of news.gone) toasts.querySelector("[data-of='" + id + "']")?.remove();
    if (toasts.dataset.rings !== "true") return;
    for (const customer of news.came) {
      const toast = document.getElementById("toast").content.firstElementChild.cloneNode(true), name = toast.querySelector("[data-name]");
      toast.dataset.of = customer.id;
      name.textContent = name.dataset.says.replace("{}", customer.name || name.dataset.nobody);
      toast.querySelector("[data-what]").textContent = customer.what;
      toast.querySelector("a").href = customer.href;
      toasts.append(toast);
      while (toasts.querySelectorAll("[data-of]").length > SHOWN) toasts.querySelector("[data-of]").remove();
    }
    // Of several open pages one makes the sound.
    const heardAs = JSON.stringify(news.came);
    if (news.came.length && localStorage.getItem("amparo-rang") !== heardAs) { localStorage.setItem("amparo-rang", heardAs); play(); }
  };
  // Long work that was begun is done, or failed: said once, by every page that is open then.
  const hearDone = (event) => {
    for (const done of JSON.parse(event.data)) {
      if (!toasts || toasts.querySelector("[data-done='" + done.id + "']")) continue;
      const toast = document.getElementById("toast").content.firstElementChild.cloneNode(true), icon = toast.querySelector("use");
      toast.dataset.done = done.id;
      icon.setAttribute("href", icon.getAttribute("href").replace(/#.*/, done.failed ? "#triangle-alert" : "#circle-check"));
      toast.querySelector("[data-name]").textContent = done.title;
      toast.querySelector("[data-what]").textContent = done.what;
      const link = toast.querySelector("a");
      link.href = done.href; link.textContent = done.see;
      toasts.append(toast);
    }
  };
  document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast").remove());
  const sound = document.getElementById("sound");
  if (sound) {
    const show = () => { sound.querySelector("span").textContent = sounds() ? sound.dataset.on : sound.dataset.off; sound.setAttribute("aria-pressed", String(sounds())); sound.title = sound.ariaLabel = sound.querySelector("span").textContent; };
    sound.hidden = false; show();
    sound.addEventListener("click", () => { localStorage.setItem("amparo-sound", sounds() ? "off" : "on"); show(); play(); });
  }
  if (toasts && !document.querySelector("[sse-connect]")) {
    const source = listen("/live?only=news");
    source.addEventListener("news", hearNews);
    source.addEventListener("ready", (event) => document.dispatchEvent(new CustomEvent("amparo:ready", { detail: JSON.parse(event.data) })));
    source.addEventListener("done", hearDone);
    source.addEventListener("over", (event) => over(event, source));
  }
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  // A row under the pointer or the focus is not pulled away: it fades, and goes when it is left or after five seconds.
  body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const row = event.detail.target;
    if (!(row instanceof HTMLTableRowElement) || (event.detail.fragment.dataset ?? event.detail.fragment.firstElementChild?.dataset)?.gone === undefined) return;
    const held = row.matches(":hover") || row.contains(document.activeElement);
    if (!held) return;
    event.detail.shouldSwap = false;
    row.classList.add("gone");
    for (const control of row.querySelectorAll("button")) control.disabled = true;
    const go = () => { if (!row.matches(":hover") && !row.contains(document.activeElement)) row.remove(); };
    row.addEventListener("mouseleave", go);
    row.addEventListener("focusout", () => requestAnimationFrame(go));
    setTimeout(() => row.remove(), 5000);
  });
  body.addEventListener("htmx:oobAfterSwap", tick);

  // A choice that counts at once needs no button.
  for (const form of document.querySelectorAll("form[data-at-once]")) {
    form.querySelector("button").hidden = true;
    form.addEventListener("change", () => form.requestSubmit());
  }

  // A shown password hides itself.
  body.addEventListener("htmx:afterSettle", (event) => {
    for (const cell of event.target.querySelectorAll?.("[data-hides]") ?? []) hideLater(cell);
    if (event.target.matches?.("[data-hides]")) hideLater(event.target);
  });
  const hideLater = (cell) => setTimeout(() => { const hide = cell.querySelector("[data-hide]"); if (hide?.isConnected) hide.click(); }, SHOWN_MS);

  // A cell that says no is shown where it was asked for, as one that says yes.
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { target, serverResponse } = event.detail;
    if (target.id && serverResponse.includes(`id="${target.id}"`)) event.detail.shouldSwap = true;
  });

  const copy = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
      const use = button.querySelector("use"), was = use.getAttribute("href");
      use.setAttribute("href", was.replace(/#.*/, "#check"));
      button.classList.add("copied");
      say(body.dataset.copied);
      setTimeout(() => { use.setAttribute("href", was); button.classList.remove("copied"); }, 1600);
    } catch { alert(body.dataset.notCopied); }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button.dataset.copy, button);
    const eye = event.target.closest("[data-eye]");
    if (eye) {
      const field = document.getElementById(eye.dataset.eye), hidden = field.type === "password";
      field.type = hidden ? "text" : "password";
      eye.setAttribute("aria-pressed", String(hidden));
      eye.querySelector("use").setAttribute("href", eye.querySelector("use").getAttribute("href").replace(/#.*/, hidden ? "#eye-off" : "#eye"));
    }
  });
  // A chosen file goes into the form as text.
  document.addEventListener("change", async (event) => {
    const into = event.target.dataset?.readInto, file = event.target.files?.[0];
    if (into && file) document.getElementById(into).value = await file.text();
  });
  // A colour is chosen by eye or typed; both show the same.
  document.addEventListener("input", (event) => {
    const well = document.querySelector("[data-colour]"), typed = well && document.getElementById(well.dataset.colour);
    if (!well) return;
    if (event.target === well) { typed.value = well.value.toUpperCase(); typed.dispatchEvent(new Event("input", { bubbles: true })); }
    else if (event.target === typed && /^#?[0-9a-f]{6}$/i.test(typed.value)) well.value = "#" + typed.value.replace("#", "");
  });
  for (const hidden of document.querySelectorAll("[data-colour], [data-move], [data-print]")) hidden.hidden = false;
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) print(); });
  // The preview stays as it was looked at.
  body.addEventListener("htmx:beforeSwap", (event) => { const at = event.detail.target; if (at?.id === "preview") at.kept = [...at.querySelectorAll("input:checked")].map((i) => i.id); });
  body.addEventListener("htmx:afterSwap", (event) => { const at = event.detail.target; for (const id of at?.kept ?? []) { const input = document.getElementById(id); if (input) input.checked = true; } });
  // People are put in order by moving rows; the numbers follow.
  document.addEventListener("click", (event) => {
    const move = event.target.closest("[data-move]"), row = move?.closest(".person");
    const other = row && (move.dataset.move === "-1" ? row.previousElementSibling : row.nextElementSibling);
    if (!other?.matches(".person")) return;
    if (move.dataset.move === "-1") other.before(row); else other.after(row);
    [...row.parentElement.querySelectorAll(".place")].forEach((place, i) => { place.value = String(i + 1); });
    move.focus();
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.ask && !confirm(form.dataset.ask)) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    if (form.dataset.fetchCopy === undefined) return;
    event.preventDefault();
    const button = form.querySelector("button");
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true" } });
    if (answer.ok) copy(await answer.text(), button); else location.reload();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter") event.target.closest("form")?.requestSubmit();
    if (event.ctrlKey && event.key.toLowerCase() === "k") { const field = [...document.querySelectorAll("input[type=search]")].find((one) => one.offsetParent); event.preventDefault(); if (field) { field.focus(); field.select(); } else location.href = "/search"; }
    if (event.key === "Escape") event.target.closest("form")?.querySelector("[data-back]")?.click();
    if (event.key === "Escape") for (const open of document.querySelectorAll("details.more[open]")) open.removeAttribute("open");
  });
  // What came back from a provider is sent on at once; without this script there is a button.
  document.querySelector("form[data-send-now]")?.requestSubmit();
  setInterval(tick, 1000);
  tick();
})();
