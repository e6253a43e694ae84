// Before the first paint: says to the style sheet that scripts run, as GOV.UK Frontend asks for.
document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("govuk-frontend-supported");
