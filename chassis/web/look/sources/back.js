// A form that came back with what was wrong is the answer to a post: whoever goes back to it, or loads it again, would
// be asked whether to send it once more. In the browser's memory the page from which it was sent takes its place.
export function forget(answer) {
  if (answer.body.dataset.answers !== "post" || !answer.referrer.startsWith(`${location.origin}/`)) return;
  for (const form of answer.querySelectorAll("form:not([action])")) form.action = location.href;
  history.replaceState(null, "", answer.referrer);
}
