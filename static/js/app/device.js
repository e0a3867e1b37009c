// What the app tells the portal about the phone it runs on.
import { installationUid } from "./memory.js";

export const version = document.querySelector("meta[name=app-version]").content;
const agent = navigator.userAgent;
// An iPad's Safari calls itself a Mac; Macs have no touch screen.
const isIpad = /iPad/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1);

export const isIos = /iPhone|iPod/.test(agent) || isIpad;
export const isAndroid = /Android/.test(agent);
export const isInstalled = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

const platform = isIos ? "iOS" : isAndroid ? "Android" : navigator.userAgentData?.platform || (/Windows/.test(agent) ? "Windows" : /Mac/.test(agent) ? "macOS" : "Linux");
const browsers = [[/SamsungBrowser/, "Samsung Internet"], [/Edg/, "Edge"], [/Firefox|FxiOS/, "Firefox"], [/Chrome|CriOS/, "Chrome"], [/Safari/, "Safari"]];
const browser = browsers.find(([mark]) => mark.test(agent))?.[1] ?? "";
// "… Android 15; Pixel 8) …"; Chrome writes "K" for every model since 2023, which tells nothing.
const told = /Android [\d.]+; ([^);]+)/.exec(agent)?.[1]?.trim() ?? "";
const model = isIpad ? "iPad" : isIos ? "iPhone" : told === "K" ? "" : told.slice(0, 80);

export const suggestedName = [model || (isAndroid ? "Android phone" : platform), browser].filter(Boolean).join(", ");

export const deviceFacts = (name) => ({
  name: (name.trim() || suggestedName).slice(0, 80),
  platform,
  model,
  app_version: version,
  installation_uid: installationUid(),
});
