// The one script of the admin side. Every page works without it; each module looks for its own data attributes.
import { bulk } from "./bulk.js";
import { codes } from "./codes.js";
import { combobox } from "./combobox.js";
import { copy } from "./copy.js";
import { dialog } from "./dialog.js";
import { forms } from "./forms.js";
import { labels } from "./labels.js";
import { mobileApp } from "./mobile_app.js";
import { progress } from "./progress.js";
import { toasts } from "./toasts.js";

for (const start of [toasts, forms, copy, bulk, combobox, dialog, labels, mobileApp, progress, codes]) start(document);

// In a long sidebar the open page's entry may lie below the fold.
document.querySelector(".sidebar [aria-current]")?.scrollIntoView({ block: "nearest" });
