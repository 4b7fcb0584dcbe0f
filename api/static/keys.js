// Keyboard for those who review many candidates: everything works without it.
const items = [...document.querySelectorAll("[data-item]")];
const typing = (element) => element instanceof HTMLElement && element.matches("textarea, input, select");

function move(step) {
  const at = items.indexOf(document.activeElement);
  const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
  if (next) next.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "j") return move(1);
  if (event.key === "k") return move(-1);
  const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!button) return;
  event.preventDefault();
  const reason = document.querySelector("#reason");
  // A verdict needs its reason: the key asks for it first, Ctrl+Enter sends.
  if (reason && !reason.value.trim()) {
    reason.dataset.verdict = button.value;
    reason.focus();
  } else {
    button.click();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const reason = document.querySelector("#reason");
  const verdict = reason?.dataset.verdict;
  if (verdict) document.querySelector(`button[value="${CSS.escape(verdict)}"]`).click();
});
