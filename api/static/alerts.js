// Alerts on this device, for browsers that can; everybody else is asked for an e-mail address as ever.
const SCOPE = "/static/"; // Where no page is: see push.js.
const PATIENCE_MS = 30000;
const form = document.querySelector("#ask");
const tell = document.querySelector("#tell-here");
const stop = document.querySelector("#stop-here");

function say(what) {
  for (const one of document.querySelectorAll("[data-when]")) one.hidden = one.dataset.when !== what;
}

function active(registration) {
  if (registration.active) return registration;
  return new Promise((done) => {
    const worker = registration.installing ?? registration.waiting;
    worker.addEventListener("statechange", () => worker.state === "activated" && done(registration));
  });
}

// One that was made for another key of ours is of no use any more.
async function subscribe({ pushManager }) {
  const asked = { userVisibleOnly: true, applicationServerKey: tell.dataset.key };
  try {
    return await pushManager.subscribe(asked);
  } catch (error) {
    if (error.name !== "InvalidStateError") throw error;
    await (await pushManager.getSubscription())?.unsubscribe();
    return pushManager.subscribe(asked);
  }
}

async function subscription() {
  const registration = await navigator.serviceWorker.register(tell.dataset.worker, { scope: SCOPE });
  return subscribe(await active(registration));
}

// Where the browser's service is out of reach it may never answer.
function patiently(promise) {
  return Promise.race([promise, new Promise((_, fail) => setTimeout(fail, PATIENCE_MS))]);
}

async function askHere() {
  if ((await Notification.requestPermission()) !== "granted") return say("refused");
  form.device.value = JSON.stringify(await patiently(subscription()));
  form.submit();
}

async function offer() {
  form.hidden = tell.hidden = false;
  say("offered");
  tell.addEventListener("click", async () => {
    tell.disabled = true;
    await askHere().catch(() => say("failed"));
    tell.disabled = false;
  });
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  const here = await registration?.pushManager.getSubscription();
  if (!here) return;
  stop.hidden = false;
  stop.addEventListener("submit", async (event) => {
    event.preventDefault();
    stop.address.value = here.endpoint;
    await here.unsubscribe().catch(() => undefined);
    stop.submit();
  });
}

if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) offer();
else say(navigator.standalone === false ? "home" : "unable");
