// Copying the receipt; without this the picture, a pen and a camera keep it too.
const copy = document.querySelector("#copy");
if (navigator.clipboard?.writeText) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const lines = ["#receipt-number", "#receipt-secret"].map((name) => document.querySelector(name).textContent.trim());
    const said = document.querySelector("#copied");
    try {
      await navigator.clipboard.writeText(lines.join("\n"));
      said.textContent = copy.dataset.done;
    } catch {
      said.textContent = copy.dataset.failed;
    }
  });
}
