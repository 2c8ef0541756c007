// Asks the browser for a passkey, or for the proof of one, and sends the answer as the form it stands in.
// Without this script, or in a browser that knows no passkeys, these forms stay hidden and the page says why.
"use strict";
(() => {
  // Browsers bind passkeys to names, never to bare addresses.
  const bare = /^[\d.]+$|:/.test(location.hostname);
  if (!window.PublicKeyCredential || !navigator.credentials || bare) return;
  const forms = document.querySelectorAll("form[data-passkey]");
  for (const form of forms) form.hidden = false;
  for (const note of document.querySelectorAll("[data-passkey-missing]")) note.hidden = true;

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const known = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));

  const question = async (form) => {
    if (form.dataset.question) return JSON.parse(form.dataset.question);
    const asks = new URLSearchParams(), csrf = form.elements.namedItem("_csrf");
    if (csrf) asks.set("_csrf", csrf.value);
    const answer = await fetch(form.dataset.from, { method: "POST", credentials: "same-origin", body: asks });
    if (!answer.ok) throw new Error("no question");
    return answer.json();
  };
  const make = async (asked) => {
    const user = { ...asked.user, id: bytes(asked.user.id) };
    const publicKey = { ...asked, challenge: bytes(asked.challenge), user, excludeCredentials: known(asked.excludeCredentials) };
    const { response } = await navigator.credentials.create({ publicKey });
    return { client: text(response.clientDataJSON), object: text(response.attestationObject) };
  };
  const prove = async (asked) => {
    const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: known(asked.allowCredentials) };
    const { rawId, response } = await navigator.credentials.get({ publicKey });
    return {
      id: text(rawId), client: text(response.clientDataJSON), data: text(response.authenticatorData),
      signature: text(response.signature), user: response.userHandle ? text(response.userHandle) : "",
    };
  };

  for (const form of forms) {
    const error = form.querySelector("[data-passkey-error]"), button = form.querySelector("button");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      error.hidden = true;
      button.disabled = true;
      try {
        const asked = await question(form);
        const answer = await (form.dataset.new === undefined ? prove(asked) : make(asked));
        for (const [name, value] of Object.entries(answer)) form.elements.namedItem(name).value = value;
        form.submit();
      } catch (why) {
        error.textContent = why.name === "NotAllowedError" ? form.dataset.cancelled : why.name === "InvalidStateError" ? form.dataset.exists : form.dataset.failed;
        error.hidden = false;
        button.disabled = false;
      }
    });
  }
})();
