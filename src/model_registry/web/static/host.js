
/* Inside an assistant: the host is greeted, and what it hands over with a tool's answer is shown (MCP Apps). */

const VIEW = "io.github.model-registry/view", GREETING = 1;

function tell(message) {
  parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
}

function wear(context) {
  if (!context?.theme) return;
  document.documentElement.style.colorScheme = context.theme;
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSMediaRule)) continue;
      rule.scheme ??= rule.media.mediaText.includes("prefers-color-scheme");
      if (rule.scheme) rule.media.mediaText = context.theme === "dark" ? "all" : "not all";
    }
  }
}

function showView(answer) {
  const main = document.getElementById("main"), view = answer?._meta?.[VIEW];
  if (typeof view !== "string") {
    main.textContent = "The answer of the tool came without a view; what it says stands in the conversation.";
    return;
  }
  main.innerHTML = view;
  main.querySelectorAll("form, .contents, .trace, .section-head > a").forEach((part) => part.remove());
  main.querySelectorAll("a").forEach(unlink);
  main.querySelectorAll("[data-graph]").forEach((figure) => new Graph(figure));
}

function unlink(link) {
  const text = document.createElement("span");
  text.className = link.className;
  text.append(...link.childNodes);
  link.replaceWith(text);
}

const HEARD = {
  "ui/notifications/tool-result": showView,
  "ui/notifications/host-context-changed": wear,
};

addEventListener("message", ({ source, data }) => {
  if (source !== parent || data?.jsonrpc !== "2.0") return;
  if (data.id === GREETING && data.result) {
    wear(data.result.hostContext);
    tell({ method: "ui/notifications/initialized" });
    const page = document.documentElement;
    new ResizeObserver(() => tell({
      method: "ui/notifications/size-changed", params: { width: page.scrollWidth, height: document.body.scrollHeight },
    })).observe(document.body);
  } else if (data.method && data.id !== undefined) {
    tell({ id: data.id, result: {} });
  } else {
    HEARD[data.method]?.(data.params);
  }
});

tell({
  id: GREETING, method: "ui/initialize",
  params: { protocolVersion: "2026-01-26", appInfo: { name: "model-registry", version: "1" }, appCapabilities: {} },
});
