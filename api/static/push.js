// Shows on a device the alerts that its owner asked for. It keeps nothing, and no page is in its scope (/static/), so that
// it can never stand between a page and its reader.
const PATIENCE_MS = 10000;

const posts = (path) =>
  fetch(path, { method: "POST", credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS) })
    .then((answer) => answer.ok, () => false);

async function show(told) {
  // Only this browser can read the first message: to answer it confirms that its owner asked.
  const confirmed = !told.confirm || (await posts(told.confirm));
  await self.registration.showNotification(told.title, {
    body: confirmed ? told.text : told.otherwise,
    lang: told.language,
    tag: told.tag,
    actions: [{ action: "stop", title: told.stops }],
    data: { opens: told.opens, stop: told.stop },
  });
}

async function choose({ action, notification }) {
  notification.close();
  const { opens, stop } = notification.data;
  if (action !== "stop") return self.clients.openWindow(opens);
  if (!(await posts(stop))) return self.clients.openWindow(stop);
  await (await self.registration.pushManager.getSubscription())?.unsubscribe();
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("push", (event) => event.waitUntil(show(event.data.json())));
self.addEventListener("notificationclick", (event) => event.waitUntil(choose(event)));
