// Shows the OpenAPI document of this server. Builds elements only, never HTML from text.

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
};

const resolve = (document, schema) => {
  if (!schema?.$ref) return schema ?? {};
  return schema.$ref.slice(2).split("/").reduce((place, key) => place?.[key], document) ?? {};
};

const typeName = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const variants = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (variants) return variants.map(typeName).filter(Boolean).join(" or ");
  if (schema.type === "array") return `list of ${typeName(schema.items) || "values"}`;
  return Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type ?? "";
};

const fieldsOf = (document, schema) => {
  const whole = resolve(document, schema?.oneOf?.[0] ?? schema);
  const parts = whole.allOf ?? [whole];
  return parts.map((part) => resolve(document, part)).flatMap((part) =>
    Object.entries(part.properties ?? {}).flatMap(([name, field]) => [
      {
        name,
        type: typeName(field),
        required: (part.required ?? []).includes(name),
        description: field.description ?? "",
      },
      ...(field.properties ? fieldsOf(document, field).map((inner) => ({ ...inner, name: `${name}.${inner.name}` })) : []),
    ]),
  );
};

const table = (rows) =>
  element("table", {}, ...rows.map((row) =>
    element("tr", {},
      element("td", {}, element("code", {}, row.name)),
      element("td", {}, row.type + (row.required ? ", required" : "")),
      element("td", {}, row.description)),
  ));

const part = (title, content) => [element("h4", {}, title), content];

const show = (document, method, path, operation) => {
  const id = operation.operationId ?? `${method}-${path}`;
  const section = element("section", { id },
    element("h3", {}, element("span", { class: "method" }, method), " ", element("code", {}, path)),
    element("p", {}, element("strong", {}, operation.summary ?? "")),
    operation.description ? element("p", {}, operation.description) : null,
  );
  if (operation.parameters?.length) {
    const rows = operation.parameters.map((one) => ({
      name: one.name, type: `${one.in}, ${typeName(one.schema)}`, required: one.required, description: one.description ?? "",
    }));
    section.append(...part("Parameters", table(rows)));
  }
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  if (body) {
    const fields = fieldsOf(document, body);
    section.append(...part("Request", fields.length ? table(fields) : element("p", {}, typeName(body))));
  }
  for (const [status, answer] of Object.entries(operation.responses ?? {})) {
    if (status === "default") continue;
    section.append(...part(`Answer ${status}`, element("p", {}, answer.description ?? "")));
    const fields = fieldsOf(document, answer.content?.["application/json"]?.schema);
    if (fields.length) section.append(table(fields));
  }
  return section;
};

const operationsOf = (paths) =>
  Object.entries(paths ?? {}).flatMap(([path, item]) =>
    ["get", "post", "patch", "put", "delete"].filter((method) => item[method])
      .map((method) => ({ method, path, operation: item[method] })));

const answer = await fetch("/openapi.json");
const openapi = await answer.json();
const contents = document.getElementById("contents");
const operations = document.getElementById("operations");
document.getElementById("about").textContent = `${openapi.info.description ?? ""} Version ${openapi.info.version}.`;

const groups = new Map();
for (const one of [...operationsOf(openapi.paths), ...operationsOf(openapi.webhooks)]) {
  const group = one.operation.tags?.[0] ?? "other";
  groups.set(group, [...(groups.get(group) ?? []), one]);
}
for (const [group, members] of groups) {
  const links = members.map(({ method, path, operation }) =>
    element("li", {}, element("a", { href: `#${operation.operationId}` }, operation.summary ?? `${method} ${path}`)));
  contents.append(element("div", {}, element("h2", {}, group), element("ul", {}, ...links)));
  operations.append(element("h2", {}, group));
  for (const { method, path, operation } of members) operations.append(show(openapi, method, path, operation));
}
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
