// On top of pages that work without it: GOV.UK's and MoJ's behaviour, htmx, counts that follow the server, pages that say when they are out of date, and a way back.
import { initAll as govuk } from "./govuk-frontend.js";
import { initAll as moj } from "./moj-frontend.js";
import htmx from "./htmx.js";
import { forget } from "./back.js";
import { follow, watch } from "./live.js";

govuk();
moj();
follow(document);
watch(document);
forget(document);

// What htmx puts into the page gets the same behaviour.
document.addEventListener("htmx:after:swap", (event) => {
  const scope = event.detail?.ctx?.target;
  if (!(scope instanceof Element)) return;
  govuk({ scope, onError: () => {} });
  moj({ scope, onError: () => {} });
});
