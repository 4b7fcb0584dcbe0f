// Keyboard for those who review many candidates: everything works without it.
const items = [...document.querySelectorAll("[data-item]")];
const reason = document.querySelector("#reason");
const typing = (element) => element instanceof HTMLElement && element.matches("textarea, input, select");

function move(step) {
  const at = items.indexOf(document.activeElement);
  const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
  if (next) next.focus();
}

// A verdict needs its reason: its key asks for it first and Ctrl+Enter sends, Escape goes back to the keys.
function ask(button) {
  for (const one of document.querySelectorAll("[name=verdict]")) one.classList.toggle("chosen", one === button);
  reason.dataset.verdict = button.value;
  reason.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (items.length && event.key === "j") return move(1);
  if (items.length && event.key === "k") return move(-1);
  if (items.includes(document.activeElement) && event.key === "o") return document.activeElement.click();
  const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!button) return;
  event.preventDefault();
  if (button.name === "verdict" && !reason.value.trim()) ask(button);
  else button.click();
});

reason?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return reason.blur();
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !reason.dataset.verdict) return;
  document.querySelector(`[name=verdict][value="${CSS.escape(reason.dataset.verdict)}"]`).click();
});

for (const opens of document.querySelectorAll("[data-opens]")) {
  opens.addEventListener("click", () => document.getElementById(opens.dataset.opens).showModal());
}
document.documentElement.classList.add("with-keys");
