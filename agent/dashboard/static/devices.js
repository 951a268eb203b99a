// Takes the devices again every five seconds, while somebody looks.
const PAUSE_MS = 5000;

async function renew() {
  if (document.hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const here = document.getElementById("devices");
  if (!here.contains(document.activeElement)) here.replaceChildren(...page.getElementById("devices").children);
}

setInterval(renew, PAUSE_MS);
